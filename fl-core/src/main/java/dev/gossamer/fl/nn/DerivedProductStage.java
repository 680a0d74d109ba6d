package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.NnOps;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ProductStage} whose gradients go where {@link Derivatives} say, and its tangents: two products where the stage has
 * one, since W·x is linear in both.
 */
final class DerivedProductStage extends Stage {

    private final Product product;
    private final NnOps nn;
    private final Derivatives derivatives;
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final Activation activation;

    DerivedProductStage(
            Assembly assembly,
            Derivatives derivatives,
            Geometry geometry,
            Signal in,
            Parameter weight,
            @Nullable Parameter bias,
            Activation activation) {
        super(assembly, in, null, geometry.outShape(1), activation == Activation.RELU, true);
        this.product = assembly.workspace().product(geometry);
        this.nn = assembly.workspace().nn();
        this.derivatives = derivatives;
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
    }

    @Override
    Pass pass(Views views) {
        return derivatives.hasTangents() ? new TangentPass(views) : new GradientPass(views);
    }

    private class GradientPass extends Pass {

        private final Epilogue epilogue;
        private final Values gw;
        private final @Nullable Values gwToo;
        private final @Nullable Values gb;

        GradientPass(Views views) {
            super(views);
            this.epilogue = new Epilogue(bias == null ? null : bias.effective(), activation, out().mask());
            this.gw = derivatives.gradient(weight);
            this.gwToo = derivatives.alsoGradient(weight);
            this.gb = bias == null ? null : derivatives.gradient(bias);
        }

        @Override
        void forward() {
            product.forward(weight.effective(), x, 0, y, epilogue);
        }

        @Override
        void backward() {
            product.weightGradient(x, gy(), 0, gw);
            if (gwToo != null) {
                product.weightGradient(x, gy(), 0, gwToo);
            }
            if (gb != null) {
                product.biasGradient(gy(), 0, gb);
            }
            if (gx != null) {
                product.inputGradient(weight.effective(), gy(), beta, gx, gate);
            }
        }
    }

    private final class TangentPass extends GradientPass {

        private final Values wDot;
        private final Values gwDot;
        private final Epilogue addBias;
        private final @Nullable Values gbDot;
        private final @Nullable Mask passed = out().mask();

        TangentPass(Views views) {
            super(views);
            this.wDot = derivatives.tangent(weight);
            this.gwDot = derivatives.gradientTangent(weight);
            this.addBias = bias == null ? Epilogue.NONE : Epilogue.bias(derivatives.tangent(bias));
            this.gbDot = bias == null ? null : derivatives.gradientTangent(bias);
        }

        @Override
        void forwardTangent() {
            product.forward(wDot, x, 0, dot().y(), addBias);
            product.forward(weight.effective(), dot().x(), 1, dot().y(), Epilogue.NONE);
            if (passed != null) {
                nn.reluGradient(passed, dot().y(), dot().y());
            }
        }

        @Override
        void backwardTangent() {
            product.weightGradient(x, dot().gy(), 0, gwDot);
            product.weightGradient(dot().x(), gy(), 1, gwDot);
            if (gbDot != null) {
                product.biasGradient(dot().gy(), 0, gbDot);
            }
            Tensor gxDot = dot().gx();
            if (gxDot != null) {
                product.inputGradient(weight.effective(), dot().gy(), beta, gxDot, null);
                product.inputGradient(wDot, gy(), 1, gxDot, gate);
            }
        }
    }
}
