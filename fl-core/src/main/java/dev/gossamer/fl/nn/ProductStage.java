package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Product;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected layer or a convolution: the product does bias and ReLU on the way out, and the ReLU's gradient on the way
 * back.
 */
final class ProductStage extends Stage {

    private final Product product;
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final Activation activation;

    ProductStage(
            Assembly assembly,
            Geometry geometry,
            Signal in,
            Parameter weight,
            @Nullable Parameter bias,
            Activation activation) {
        super(assembly, in, null, geometry.outShape(1), activation == Activation.RELU, true);
        this.product = assembly.workspace().product(geometry);
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
    }

    @Override
    Pass pass(Views views) {
        return new ProductPass(views);
    }

    private final class ProductPass extends Pass {

        private final Epilogue epilogue;

        ProductPass(Views views) {
            super(views);
            this.epilogue = new Epilogue(bias == null ? null : bias.effective(), activation, out().mask());
        }

        @Override
        void forward() {
            product.forward(weight.effective(), x, 0, y, epilogue);
        }

        @Override
        void backward() {
            product.weightGradient(x, gy(), 0, weight.gradient());
            if (bias != null) {
                product.biasGradient(gy(), 0, bias.gradient());
            }
            if (gx != null) {
                product.inputGradient(weight.effective(), gy(), beta, gx, gate);
            }
        }
    }
}
