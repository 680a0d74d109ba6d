package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import org.jspecify.annotations.Nullable;

/** {@link LinearProduct}, or else {@link Convolution}, on the backend's operands. */
class ReferenceProduct implements Product {

    private final ReferenceWorkspace owner;
    private final Geometry geometry;

    ReferenceProduct(ReferenceWorkspace owner, Geometry geometry) {
        this.owner = owner;
        this.geometry = geometry;
    }

    @Override
    public Object owner() {
        return owner;
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        forward(entries(w), numbers(w), x, beta, y, epilogue);
    }

    @Override
    public void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        Handles.ReferenceSparseWeights stored = (Handles.ReferenceSparseWeights) w;
        forward(stored.entries(), stored.kept.values(), x, beta, y, epilogue);
    }

    private void forward(SparsityPattern pattern, float[] weights, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        ReferenceTensor out = (ReferenceTensor) y;
        float[] in = ((ReferenceTensor) x).get();
        int batch = x.shape().batch();
        Values bias = epilogue.bias();
        float[] added = bias == null ? null : GatherScatter.scatter(entries(bias), numbers(bias));
        boolean relu = epilogue.activation() == Activation.RELU;
        out.set(
                geometry.isLinear()
                        ? LinearProduct.forward(pattern, weights, in, batch, beta, out.get(), added, relu)
                        : Convolution.forward(geometry, pattern, weights, in, batch, beta, out.get(), added, relu));
        Mask mask = epilogue.mask();
        if (mask != null) {
            ((Handles.ReferenceMask) mask).set(Relu.mask(out.get()), batch);
        }
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        inputGradient(entries(w), numbers(w), gy, beta, gx, mask);
    }

    @Override
    public void inputGradient(SparseWeights w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Handles.ReferenceSparseWeights stored = (Handles.ReferenceSparseWeights) w;
        inputGradient(stored.entries(), stored.kept.values(), gy, beta, gx, mask);
    }

    private void inputGradient(
            SparsityPattern pattern, float[] weights, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        float[] in = ((ReferenceTensor) gy).get();
        ReferenceTensor out = (ReferenceTensor) gx;
        int batch = gx.shape().batch();
        boolean[] bits = mask == null ? null : ((Handles.ReferenceMask) mask).get(batch);
        out.set(
                geometry.isLinear()
                        ? LinearProduct.inputGradient(pattern, weights, in, batch, beta, out.get(), bits)
                        : Convolution.inputGradient(geometry, pattern, weights, in, batch, beta, out.get(), bits));
    }

    @Override
    public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
        weightGradient(((ReferenceTensor) x).get(), gy, beta, gw);
    }

    @Override
    public void weightGradient(SparseTensor x, Tensor gy, float beta, Values gw) {
        weightGradient(((Handles.ReferenceSparseTensor) x).kept.numbers(), gy, beta, gw);
    }

    private void weightGradient(float[] in, Tensor gy, float beta, Values gw) {
        SparsityPattern pattern = entries(gw);
        float[] out = ((ReferenceTensor) gy).get();
        int batch = gy.shape().batch();
        ((ReferenceValues) gw)
                .replace(
                        geometry.isLinear()
                                ? LinearProduct.weightGradient(pattern, in, out, batch, beta, numbers(gw))
                                : Convolution.weightGradient(geometry, pattern, in, out, batch, beta, numbers(gw)));
    }

    @Override
    public void biasGradient(Tensor gy, float beta, Values gb) {
        SparsityPattern pattern = entries(gb);
        float[] out = ((ReferenceTensor) gy).get();
        int batch = gy.shape().batch();
        ((ReferenceValues) gb)
                .replace(
                        geometry.isLinear()
                                ? LinearProduct.biasGradient(pattern, out, batch, beta, numbers(gb))
                                : Convolution.biasGradient(geometry, pattern, out, batch, beta, numbers(gb)));
    }

    @Override
    public String describe() {
        return "plain loops, sums in double rounded once (not an f32 FMA chain)";
    }

    private static SparsityPattern entries(Values values) {
        return ((ReferenceValues) values).space().entries();
    }

    private static float[] numbers(Values values) {
        return ((ReferenceValues) values).numbers();
    }
}
