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
 * A convolution by kernels of our own, whatever the storage of the weights. Each output is one chain of fused multiply-adds, or
 * the sum of several, of parts of the channels, where a geometry has few outputs: into how many parts depends on the geometry
 * and on whether weights are dense or packed, not on the batch.
 */
final class ConvolutionProduct implements Product {

    private final CudaWorkspace workspace;
    private final Geometry geometry;

    ConvolutionProduct(CudaWorkspace workspace, Geometry geometry) {
        this.workspace = workspace;
        this.geometry = geometry;
    }

    @Override
    public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        Convolution.forward(workspace, geometry, (CudaValues) w, (CudaTensor) x, beta, (CudaTensor) y, epilogue);
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Convolution.inputGradient(
                workspace, geometry, (CudaValues) w, (CudaTensor) gy, beta, (CudaTensor) gx, (CudaMask) mask);
    }

    @Override
    public void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        Convolution.forward(workspace, geometry, (CudaSparseWeights) w, (CudaTensor) x, beta, (CudaTensor) y, epilogue);
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
        return "convolution %d -> %d, %dx%d; chains of an output, forward and back: %d and %d dense, %d and %d packed"
                .formatted(
                        geometry.inChannels(),
                        geometry.outChannels(),
                        geometry.kernelHeight(),
                        geometry.kernelWidth(),
                        ConvolutionTiles.forwardParts(geometry),
                        ConvolutionTiles.backwardParts(geometry),
                        ConvolutionEntries.forwardParts(geometry),
                        ConvolutionEntries.backwardParts(geometry));
    }

    @Override
    public Object owner() {
        return workspace;
    }
}
