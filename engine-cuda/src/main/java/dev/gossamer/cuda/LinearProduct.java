package dev.gossamer.cuda;

import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected product: SpMM, its transpose and SDDMM. The same call gives the same bits; the order of a sum is that of
 * the kernel or the library that takes the product, so that storage and batch may change it.
 */
final class LinearProduct implements Product {

    private final CudaWorkspace workspace;
    private final Geometry geometry;

    LinearProduct(CudaWorkspace workspace, Geometry geometry) {
        this.workspace = workspace;
        this.geometry = geometry;
    }

    @Override
    public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        Spmm.run(workspace, 1, (CudaValues) w, (CudaTensor) x, beta, (CudaTensor) y, epilogue);
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Spmm.runTransposed(workspace, 1, (CudaValues) w, (CudaTensor) gy, beta, (CudaTensor) gx, (CudaMask) mask);
    }

    @Override
    public void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        CudaTensor out = (CudaTensor) y;
        Convolution.forward(workspace, geometry, (CudaSparseWeights) w, (CudaTensor) x, beta, out);
        BiasRelu.apply(workspace, epilogue, out);
    }

    @Override
    public void inputGradient(SparseWeights w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Convolution.inputGradient(
                workspace, geometry, (CudaSparseWeights) w, (CudaTensor) gy, beta, (CudaTensor) gx, (CudaMask) mask);
    }

    @Override
    public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
        Sddmm.run(workspace, 1, (CudaTensor) gy, (CudaTensor) x, beta, (CudaValues) gw);
    }

    @Override
    public void weightGradient(SparseTensor x, Tensor gy, float beta, Values gw) {
        Convolution.weightGradient(workspace, geometry, (CudaSparseTensor) x, (CudaTensor) gy, beta, (CudaValues) gw);
    }

    @Override
    public void biasGradient(Tensor gy, float beta, Values gb) {
        BiasGradient.run(workspace, (CudaTensor) gy, beta, (CudaValues) gb);
    }

    @Override
    public void gradients(Tensor x, Tensor gy, float beta, Values gw, Values gb) {
        if (!Sddmm.withBias(workspace, (CudaTensor) gy, (CudaTensor) x, beta, (CudaValues) gw, (CudaValues) gb)) {
            weightGradient(x, gy, beta, gw);
            biasGradient(gy, beta, gb);
        }
    }

    @Override
    public void backward(
            Values w, Tensor x, Tensor gy, float beta, Tensor gx, @Nullable Mask mask, Values gw, Values gb) {
        if (!LinearBackward.run(
                workspace,
                (CudaValues) w,
                (CudaTensor) x,
                (CudaTensor) gy,
                beta,
                (CudaTensor) gx,
                (CudaMask) mask,
                (CudaValues) gw,
                (CudaValues) gb)) {
            gradients(x, gy, 0, gw, gb);
            inputGradient(w, gy, beta, gx, mask);
        }
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public String describe() {
        return "linear " + geometry.cols() + " -> " + geometry.rows()
                + ", our kernels, cuSPARSE or cuBLAS as the weights are stored; these order the sums";
    }

    @Override
    public Object owner() {
        return workspace;
    }
}
