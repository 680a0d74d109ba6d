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

/** A convolution by direct kernels of our own, whatever the storage of the weights. */
final class ConvolutionProduct implements Product {

    private final CudaWorkspace workspace;
    private final Geometry geometry;

    ConvolutionProduct(CudaWorkspace workspace, Geometry geometry) {
        this.workspace = workspace;
        this.geometry = geometry;
    }

    @Override
    public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        CudaTensor out = (CudaTensor) y;
        Convolution.forward(workspace, geometry, (CudaValues) w, (CudaTensor) x, beta, out);
        BiasRelu.apply(workspace, epilogue, out);
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Convolution.inputGradient(
                workspace, geometry, (CudaValues) w, (CudaTensor) gy, beta, (CudaTensor) gx, (CudaMask) mask);
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
        Convolution.weightGradient(workspace, geometry, (CudaTensor) x, (CudaTensor) gy, beta, (CudaValues) gw);
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
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public String describe() {
        return "convolution " + geometry.inChannels() + " -> " + geometry.outChannels() + ", " + geometry.kernelHeight()
                + "x" + geometry.kernelWidth() + ", by a direct kernel";
    }

    @Override
    public Object owner() {
        return workspace;
    }
}
