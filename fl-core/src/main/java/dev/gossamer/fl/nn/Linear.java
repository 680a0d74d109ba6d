package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Tensor;
import java.util.Objects;

/** A fully connected layer: the product does bias and ReLU on the way out, and the ReLU's gradient on the way back. */
final class Linear implements Layer {

    private final Product product;
    private final Parameter weight;
    private final Parameter bias;
    private final Activation activation;

    Linear(Product product, Parameter weight, Parameter bias, Activation activation) {
        this.product = product;
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
    }

    @Override
    public Pass pass(Signal in, Signal out) {
        return new LinearPass(in, out);
    }

    private final class LinearPass implements Pass {

        private final Signal in;
        private final Signal out;
        private final Epilogue epilogue;

        LinearPass(Signal in, Signal out) {
            this.in = in;
            this.out = out;
            this.epilogue = new Epilogue(bias.effective(), activation, out.mask());
        }

        @Override
        public void forward() {
            product.forward(weight.effective(), in.value(), 0, out.value(), epilogue);
        }

        @Override
        public void backward() {
            Tensor gy = Objects.requireNonNull(out.gradient(), "a session that differentiates keeps gradients");
            product.weightGradient(in.value(), gy, 0, weight.gradient());
            product.biasGradient(gy, 0, bias.gradient());
            Tensor gx = in.gradient();
            if (gx != null) {
                product.inputGradient(weight.effective(), gy, 0, gx, in.mask());
            }
        }
    }
}
