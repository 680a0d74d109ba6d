package dev.gossamer.cpu;

import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import org.jspecify.annotations.Nullable;

/** A fully connected product: SpMM, its transpose and SDDMM over batch-blocked tensors. */
final class LinearProduct implements Product {

    private final CpuWorkspace workspace;
    private final Geometry geometry;

    LinearProduct(CpuWorkspace workspace, Geometry geometry) {
        this.workspace = workspace;
        this.geometry = geometry;
    }

    @Override
    public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        CpuTensor out = ((CpuTensor) y).takeOver();
        Spmm.run(workspace, 1, (CpuValues) w, (CpuTensor) x, beta, out);
        BiasRelu.apply(epilogue, out);
    }

    @Override
    public void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        CpuSparseWeights weights = (CpuSparseWeights) w;
        CpuTensor out = ((CpuTensor) y).takeOver();
        Spmm.packed(workspace, weights.forward(), weights.values(), (CpuTensor) x, beta, out);
        BiasRelu.apply(epilogue, out);
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        CpuTensor out = ((CpuTensor) gx).takeOver();
        Spmm.runTransposed(workspace, 1, (CpuValues) w, (CpuTensor) gy, beta, out);
        if (mask != null) {
            Relu.gradient((CpuMask) mask, out, out);
        }
    }

    @Override
    public void inputGradient(SparseWeights w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        CpuSparseWeights.Backward weights = ((CpuSparseWeights) w).backward();
        CpuTensor out = ((CpuTensor) gx).takeOver();
        Spmm.packed(workspace, weights.passes().getFirst(), weights.values(), (CpuTensor) gy, beta, out);
        if (mask != null) {
            Relu.gradient((CpuMask) mask, out, out);
        }
    }

    @Override
    public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
        Sddmm.run(workspace, 1, (CpuTensor) gy, (CpuTensor) x, beta, (CpuValues) gw);
    }

    @Override
    public void weightGradient(SparseTensor x, Tensor gy, float beta, Values gw) {
        CpuTensor gradient = (CpuTensor) gy;
        CpuTensor input = ((CpuSparseTensor) x).expand(workspace, gradient.batch, 0, gradient.block);
        Sddmm.run(workspace, 1, gradient, input, beta, (CpuValues) gw);
    }

    @Override
    public void biasGradient(Tensor gy, float beta, Values gb) {
        CpuValues out = (CpuValues) gb;
        CpuTensor gradient = (CpuTensor) gy;
        if (beta != 0 || gradient.batch == 0) {
            Sddmm.scale(out.data, 0, geometry.outChannels(), beta);
        }
        Sddmm.rowSums(gradient, Sddmm.partials(workspace, 1), out.data, beta == 0);
        out.clearOutside();
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public String describe() {
        return "linear " + geometry.cols() + " -> " + geometry.rows() + ", " + Lanes.COUNT * 32 + "-bit vectors";
    }

    @Override
    public Object owner() {
        return workspace;
    }
}
