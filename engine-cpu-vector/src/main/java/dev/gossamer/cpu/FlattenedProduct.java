package dev.gossamer.cpu;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected layer over a plane. The plane is copied without its halo, and the linear product's kernels do the rest:
 * the copy is a small part of a product with at least as many rows as it has elements per sample.
 */
final class FlattenedProduct implements Product {

    private final CpuWorkspace workspace;
    private final LinearProduct linear;
    private final Flat input;
    private final Flat gradient;

    FlattenedProduct(CpuWorkspace workspace, Geometry geometry) {
        this.workspace = workspace;
        this.linear = new LinearProduct(workspace, geometry);
        this.input = new Flat(Scratch.FLATTENED);
        this.gradient = new Flat(Scratch.FLATTENED_GRADIENT);
    }

    /** The features of a tensor without a plane, in scratch memory. */
    private final class Flat {

        private final Scratch use;
        private @Nullable CpuTensor flat;

        Flat(Scratch use) {
            this.use = use;
        }

        CpuTensor room(CpuTensor like) {
            Shape shape = Shape.of(like.features, like.batch);
            MemorySegment memory = workspace.scratch(use, CpuTensor.sizeBytes(shape, like.layout(), 0, like.block));
            CpuTensor known = flat;
            if (known == null || known.data != memory || known.block != like.block || known.batch != like.batch) {
                known = CpuTensor.over(workspace, memory, shape, 0, like.block);
                flat = known;
            }
            return known;
        }

        CpuTensor of(CpuTensor tensor) {
            CpuTensor to = room(tensor);
            copy(tensor, tensor, to, true);
            to.clearTail();
            return to;
        }
    }

    /** Rows of planes between a tensor and its flat form. */
    private static void copy(CpuTensor plane, CpuTensor from, CpuTensor to, boolean flatten) {
        int width = plane.shape().width();
        for (int column = 0; column < plane.batch; column += plane.block) {
            for (int feature = 0; feature < plane.features; feature += width) {
                int source = flatten ? plane.position(feature) : feature;
                int target = flatten ? feature : plane.position(feature);
                MemorySegment.copy(
                        from.data,
                        from.offset(source, column),
                        to.data,
                        to.offset(target, column),
                        width * plane.rowStride());
            }
        }
    }

    @Override
    public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        linear.forward(w, input.of((CpuTensor) x), beta, y, epilogue);
    }

    @Override
    public void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        linear.forward(w, input.of((CpuTensor) x), beta, y, epilogue);
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        CpuTensor out = ((CpuTensor) gx).takeOver();
        CpuTensor flat = flat(out, beta);
        linear.inputGradient(w, gy, beta, flat, null);
        unflatten(flat, out, mask);
    }

    @Override
    public void inputGradient(SparseWeights w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        CpuTensor out = ((CpuTensor) gx).takeOver();
        CpuTensor flat = flat(out, beta);
        linear.inputGradient(w, gy, beta, flat, null);
        unflatten(flat, out, mask);
    }

    private CpuTensor flat(CpuTensor out, float beta) {
        return beta == 0 ? gradient.room(out) : gradient.of(out);
    }

    private static void unflatten(CpuTensor flat, CpuTensor out, @Nullable Mask mask) {
        copy(out, flat, out, false);
        out.clearTail();
        if (mask != null) {
            Relu.gradient((CpuMask) mask, out, out);
        }
    }

    @Override
    public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
        linear.weightGradient(input.of((CpuTensor) x), gy, beta, gw);
    }

    @Override
    public void weightGradient(SparseTensor x, Tensor gy, float beta, Values gw) {
        linear.weightGradient(x, gy, beta, gw);
    }

    @Override
    public void biasGradient(Tensor gy, float beta, Values gb) {
        linear.biasGradient(gy, beta, gb);
    }

    @Override
    public Geometry geometry() {
        return linear.geometry();
    }

    @Override
    public String describe() {
        return linear.describe();
    }

    @Override
    public Object owner() {
        return workspace;
    }
}
