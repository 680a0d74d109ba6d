package dev.gossamer.engine.check;

import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import org.jspecify.annotations.Nullable;

final class CheckedProduct implements Product {

    private final Product raw;
    private final Door door;
    private final Geometry geometry;
    private final Shape in;
    private final Shape out;

    CheckedProduct(Product raw, Door door) {
        this.raw = raw;
        this.door = door;
        this.geometry = raw.geometry();
        this.in = geometry.inShape(1);
        this.out = geometry.outShape(1);
    }

    @Override
    public Object owner() {
        return raw.owner();
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        door.enter();
        door.weights(w, "w", geometry);
        forward(x, beta, y, epilogue);
        raw.forward(w, x, beta, y, epilogue);
    }

    @Override
    public void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        door.enter();
        weights(w);
        forward(x, beta, y, epilogue);
        raw.forward(w, x, beta, y, epilogue);
    }

    private void forward(Tensor x, float beta, Tensor y, Epilogue epilogue) {
        pair(x, y);
        Door.disjoint(y, x, "y", "x");
        Door.finite(beta, "beta");
        Values bias = epilogue.bias();
        if (bias != null) {
            door.vector(bias, "bias", geometry.outChannels());
        }
        Mask mask = epilogue.mask();
        if (mask != null) {
            door.mask(mask, "mask", y.shape());
        }
    }

    private void weights(SparseWeights w) {
        door.owned(w, "w");
        if (!w.geometry().equals(geometry)) {
            throw new IllegalArgumentException(
                    "w was made for " + w.geometry() + ", and this product is of " + geometry);
        }
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        door.enter();
        door.weights(w, "w", geometry);
        inputGradient(gy, beta, gx, mask);
        raw.inputGradient(w, gy, beta, gx, mask);
    }

    @Override
    public void inputGradient(SparseWeights w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        door.enter();
        weights(w);
        inputGradient(gy, beta, gx, mask);
        raw.inputGradient(w, gy, beta, gx, mask);
    }

    private void inputGradient(Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        pair(gx, gy);
        Door.disjoint(gx, gy, "gx", "gy");
        Door.finite(beta, "beta");
        if (mask != null) {
            door.mask(mask, "mask", gx.shape());
        }
    }

    @Override
    public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
        door.enter();
        weightGradientOf(x, gy, beta, gw);
        raw.weightGradient(x, gy, beta, gw);
    }

    private void weightGradientOf(Tensor x, Tensor gy, float beta, Values gw) {
        door.weights(gw, "gw", geometry);
        pair(x, gy);
        Door.finite(beta, "beta");
    }

    @Override
    public void gradients(Tensor x, Tensor gy, float beta, Values gw, Values gb) {
        door.enter();
        weightGradientOf(x, gy, beta, gw);
        door.vector(gb, "gb", geometry.outChannels());
        raw.gradients(x, gy, beta, gw, gb);
    }

    @Override
    public void backward(
            Values w, Tensor x, Tensor gy, float beta, Tensor gx, @Nullable Mask mask, Values gw, Values gb) {
        door.enter();
        door.weights(w, "w", geometry);
        inputGradient(gy, beta, gx, mask);
        Door.disjoint(gx, x, "gx", "x");
        weightGradientOf(x, gy, 0, gw);
        if (w == gw) {
            throw new IllegalArgumentException("gw must be other values than w, which are read at the same time");
        }
        door.vector(gb, "gb", geometry.outChannels());
        raw.backward(w, x, gy, beta, gx, mask, gw, gb);
    }

    @Override
    public void weightGradient(SparseTensor x, Tensor gy, float beta, Values gw) {
        door.enter();
        door.weights(gw, "gw", geometry);
        door.owned(x, "x");
        door.tensor(gy, "gy", Layout.NATIVE);
        // Shapes of this batch are made for messages only: a step allocates nothing.
        int batch = gy.shape().batch();
        if (!x.shape().sameFeatures(in) || x.shape().batch() < batch) {
            Door.room(x.shape(), geometry.inShape(batch), "x");
        }
        if (!gy.shape().sameFeatures(out)) {
            Door.shape(gy.shape(), geometry.outShape(batch), "gy");
        }
        Door.finite(beta, "beta");
        raw.weightGradient(x, gy, beta, gw);
    }

    @Override
    public void biasGradient(Tensor gy, float beta, Values gb) {
        door.enter();
        door.tensor(gy, "gy", Layout.NATIVE);
        if (!gy.shape().sameFeatures(out)) {
            throw new IllegalArgumentException("gy must have the features of " + out + ", it has " + gy.shape());
        }
        door.vector(gb, "gb", geometry.outChannels());
        Door.finite(beta, "beta");
        raw.biasGradient(gy, beta, gb);
    }

    @Override
    public String describe() {
        return raw.describe();
    }

    private void pair(Tensor input, Tensor output) {
        int batch = input.shape().batch();
        door.tensor(input, "the input side", Layout.NATIVE);
        door.tensor(output, "the output side", Layout.NATIVE);
        if (!input.shape().sameFeatures(in)
                || !output.shape().sameFeatures(out)
                || output.shape().batch() != batch) {
            throw new IllegalArgumentException("This product takes " + geometry.inShape(batch) + " to "
                    + geometry.outShape(batch) + ", got " + input.shape() + " and " + output.shape());
        }
    }
}
