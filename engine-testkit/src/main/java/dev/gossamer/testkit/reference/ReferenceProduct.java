package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import org.jspecify.annotations.Nullable;

/** {@link LinearProduct} on the backend's operands. */
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
        ReferenceValues weights = (ReferenceValues) w;
        ReferenceTensor out = (ReferenceTensor) y;
        int batch = x.shape().batch();
        Values bias = epilogue.bias();
        out.set(LinearProduct.forward(
                weights.space().entries(),
                weights.numbers(),
                ((ReferenceTensor) x).get(),
                batch,
                beta,
                out.get(),
                bias == null ? null : dense((ReferenceValues) bias),
                epilogue.activation() == Activation.RELU));
        Mask mask = epilogue.mask();
        if (mask != null) {
            ((Handles.ReferenceMask) mask).set(Relu.mask(out.get()), batch);
        }
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        ReferenceValues weights = (ReferenceValues) w;
        ReferenceTensor out = (ReferenceTensor) gx;
        int batch = gx.shape().batch();
        out.set(LinearProduct.inputGradient(
                weights.space().entries(),
                weights.numbers(),
                ((ReferenceTensor) gy).get(),
                batch,
                beta,
                out.get(),
                mask == null ? null : ((Handles.ReferenceMask) mask).get(batch)));
    }

    @Override
    public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
        ReferenceValues out = (ReferenceValues) gw;
        out.replace(LinearProduct.weightGradient(
                out.space().entries(),
                ((ReferenceTensor) x).get(),
                ((ReferenceTensor) gy).get(),
                x.shape().batch(),
                beta,
                out.numbers()));
    }

    @Override
    public void biasGradient(Tensor gy, float beta, Values gb) {
        ReferenceValues out = (ReferenceValues) gb;
        out.replace(LinearProduct.biasGradient(
                out.space().entries(), ((ReferenceTensor) gy).get(), gy.shape().batch(), beta, out.numbers()));
    }

    @Override
    public String describe() {
        return "plain loops, sums in double rounded once (not an f32 FMA chain)";
    }

    private static float[] dense(ReferenceValues bias) {
        return GatherScatter.scatter(bias.space().entries(), bias.numbers());
    }
}
