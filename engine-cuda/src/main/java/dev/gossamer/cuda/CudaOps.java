package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaHandles.CudaCell;
import dev.gossamer.cuda.CudaHandles.CudaLabels;
import dev.gossamer.cuda.CudaHandles.CudaOrder;
import dev.gossamer.cuda.CudaHandles.CudaRandomStream;
import dev.gossamer.cuda.CudaHandles.CudaSamples;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.DenseOps;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.SelectOps;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.ops.SparseOps;
import dev.gossamer.engine.ops.TrainOps;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The op groups of one workspace: each method casts its handles and calls the file that bears the op's name. */
final class CudaOps implements SparseOps, DenseOps, NnOps, SelectOps, TrainOps, DataOps {

    private final CudaWorkspace workspace;

    CudaOps(CudaWorkspace workspace) {
        this.workspace = workspace;
    }

    @Override
    public void spmv(float alpha, Values a, Tensor x, float beta, Tensor y) {
        Spmv.run(workspace, alpha, (CudaValues) a, (CudaTensor) x, beta, (CudaTensor) y);
    }

    @Override
    public void spmm(float alpha, Values a, Tensor b, float beta, Tensor c) {
        Spmm.run(workspace, alpha, (CudaValues) a, (CudaTensor) b, beta, (CudaTensor) c, Epilogue.NONE);
    }

    @Override
    public void spmmTransposed(float alpha, Values a, Tensor b, float beta, Tensor c) {
        Spmm.runTransposed(workspace, alpha, (CudaValues) a, (CudaTensor) b, beta, (CudaTensor) c, null);
    }

    @Override
    public void sddmm(float alpha, Tensor a, Tensor b, float beta, Values c) {
        Sddmm.run(workspace, alpha, (CudaTensor) a, (CudaTensor) b, beta, (CudaValues) c);
    }

    @Override
    public void gather(Tensor dense, Values values) {
        GatherScatter.gather(workspace, (CudaTensor) dense, (CudaValues) values);
    }

    @Override
    public void scatter(Values values, Tensor dense) {
        GatherScatter.scatter(workspace, (CudaValues) values, (CudaTensor) dense);
    }

    @Override
    public void sparsify(Tensor dense, float threshold, Values target) {
        Sparsify.threshold(workspace, (CudaTensor) dense, threshold, (CudaValues) target);
    }

    @Override
    public void sparsifyTop(Tensor dense, long keep, Values target) {
        Sparsify.top(workspace, (CudaTensor) dense, keep, (CudaValues) target);
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
        Gemm.run(workspace, transposeA, transposeB, alpha, (CudaTensor) a, (CudaTensor) b, beta, (CudaTensor) c);
    }

    @Override
    public void fill(Values values, float value) {
        Elementwise.fill(workspace, (CudaValues) values, value);
    }

    @Override
    public void copy(Values from, Values to) {
        Elementwise.copy(workspace, (CudaValues) from, (CudaValues) to);
    }

    @Override
    public void axpy(float alpha, Values x, Values y) {
        Elementwise.axpy(workspace, alpha, (CudaValues) x, (CudaValues) y);
    }

    @Override
    public void multiply(Values x, Values y, Values out) {
        Elementwise.multiply(workspace, (CudaValues) x, (CudaValues) y, (CudaValues) out);
    }

    @Override
    public void addSquare(Values x, Values y) {
        Elementwise.addSquare(workspace, (CudaValues) x, (CudaValues) y);
    }

    @Override
    public void dot(Values x, Values y, Cell out) {
        Elementwise.dot(workspace, (CudaValues) x, (CudaValues) y, (CudaCell) out);
    }

    @Override
    public void relu(Tensor x, Tensor y, Mask mask) {
        Relu.forward(workspace, (CudaTensor) x, (CudaTensor) y, (CudaMask) mask);
    }

    @Override
    public void reluGradient(Mask mask, Tensor gy, Tensor gx) {
        Relu.gradient(workspace, (CudaMask) mask, (CudaTensor) gy, (CudaTensor) gx);
    }

    @Override
    public void maxPool(Tensor x, Window window, Tensor y, @Nullable Indices chosen) {
        Pool.max(workspace, (CudaTensor) x, window, (CudaTensor) y, (CudaIndices) chosen);
    }

    @Override
    public void maxPoolGradient(Indices chosen, Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Pool.maxGradient(
                workspace, (CudaIndices) chosen, window, (CudaTensor) gy, beta, (CudaTensor) gx, (CudaMask) mask);
    }

    @Override
    public void maxPoolTangent(Indices chosen, Window window, Tensor xDot, Tensor yDot) {
        Pool.maxTangent(workspace, (CudaIndices) chosen, window, (CudaTensor) xDot, (CudaTensor) yDot);
    }

    @Override
    public void averagePool(Tensor x, Window window, Tensor y) {
        Pool.average(workspace, (CudaTensor) x, window, (CudaTensor) y);
    }

    @Override
    public void averagePoolGradient(Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Pool.averageGradient(workspace, window, (CudaTensor) gy, beta, (CudaTensor) gx, (CudaMask) mask);
    }

    @Override
    public void retile(Tensor x, Tiling from, Tensor y, Tiling to, int overlap) {
        Retile.run(workspace, (CudaTensor) x, from, (CudaTensor) y, to, overlap);
    }

    @Override
    public void batchNorm(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            @Nullable Tensor residual,
            Activation activation,
            @Nullable Mask mask,
            Tensor y) {
        BatchNormalization.training(
                workspace, (CudaTensor) x, norm, saved, (CudaTensor) residual, activation, (CudaMask) mask, (CudaTensor)
                        y);
    }

    @Override
    public void batchNormInference(
            Tensor x, BatchNorm norm, @Nullable Tensor residual, Activation activation, Tensor y) {
        BatchNormalization.inference(
                workspace, (CudaTensor) x, norm, (CudaTensor) residual, activation, (CudaTensor) y);
    }

    @Override
    public void batchNormGradient(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            Tensor gy,
            float beta,
            Tensor gx,
            @Nullable Mask mask,
            Values gGamma,
            Values gBeta) {
        BatchNormalization.gradient(
                workspace,
                (CudaTensor) x,
                norm,
                saved,
                (CudaTensor) gy,
                beta,
                (CudaTensor) gx,
                (CudaMask) mask,
                (CudaValues) gGamma,
                (CudaValues) gBeta);
    }

    @Override
    public void batchNormTangent(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            Tensor xDot,
            Values gammaDot,
            Values betaDot,
            float beta,
            Tensor yDot,
            @Nullable Mask mask) {
        BatchNormalization.tangent(
                workspace,
                (CudaTensor) x,
                norm,
                saved,
                (CudaTensor) xDot,
                gammaDot,
                betaDot,
                beta,
                (CudaTensor) yDot,
                (CudaMask) mask);
    }

    @Override
    public void batchNormGradientTangent(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            Tensor xDot,
            Values gammaDot,
            Tensor gy,
            Tensor gyDot,
            float beta,
            Tensor gxDot,
            @Nullable Mask mask,
            Values gGammaDot,
            Values gBetaDot) {
        BatchNormalization.gradientTangent(
                workspace,
                (CudaTensor) x,
                norm,
                saved,
                (CudaTensor) xDot,
                gammaDot,
                (CudaTensor) gy,
                (CudaTensor) gyDot,
                beta,
                (CudaTensor) gxDot,
                (CudaMask) mask,
                (CudaValues) gGammaDot,
                (CudaValues) gBetaDot);
    }

    @Override
    public void dropout(
            Tensor x, float rate, RandomStream stream, int site, float beta, Tensor y, @Nullable Mask mask) {
        Dropout.dropout(
                workspace, (CudaTensor) x, rate, (CudaRandomStream) stream, site, beta, (CudaTensor) y, (CudaMask)
                        mask);
    }

    @Override
    public void advance(RandomStream stream) {
        Dropout.advance(workspace, (CudaRandomStream) stream);
    }

    @Override
    public void add(Tensor x, float beta, Tensor y, @Nullable Mask mask) {
        Dropout.add(workspace, (CudaTensor) x, beta, (CudaTensor) y, (CudaMask) mask);
    }

    @Override
    public void softmaxCrossEntropy(
            Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct) {
        SoftmaxCrossEntropy.run(
                workspace,
                (CudaTensor) logits,
                (CudaLabels) labels,
                (CudaTensor) gradient,
                (CudaCell) lossSum,
                (CudaCell) correct);
    }

    @Override
    public void softmaxCrossEntropyTangent(Tensor logits, Tensor logitsDot, Tensor gradientDot) {
        SoftmaxCrossEntropy.tangent(workspace, (CudaTensor) logits, (CudaTensor) logitsDot, (CudaTensor) gradientDot);
    }

    @Override
    public MagnitudeSelection.Threshold kthMagnitude(List<Values> group, long k) {
        return Selection.kthMagnitude(workspace, group, k);
    }

    @Override
    public void keepTop(List<Space> group, Role by, long keep) {
        Selection.keepTop(workspace, group, by, keep);
    }

    @Override
    public void compress(Tensor x, long keep, SparseTensor to) {
        Compression.top(workspace, (CudaTensor) x, keep, (CudaSparseTensor) to);
    }

    @Override
    public void compressAgain(Tensor x, long keep, SparseTensor to) {
        Compression.again(workspace, (CudaTensor) x, keep, (CudaSparseTensor) to);
    }

    @Override
    public void compress(Values w, long keep, SparseWeights to) {
        Compression.top(workspace, (CudaValues) w, keep, (CudaSparseWeights) to);
    }

    @Override
    public void compressAgain(Values w, long keep, SparseWeights to) {
        Compression.again(workspace, (CudaValues) w, keep, (CudaSparseWeights) to);
    }

    @Override
    public void sgd(List<Space> group, Cell rate, Sgd rule) {
        SgdStep.run(workspace, group, (CudaCell) rate, rule);
    }

    @Override
    public void signedPower(List<Space> group, float alpha) {
        SignedPower.weights(workspace, group, alpha);
    }

    @Override
    public void signedPowerGradient(List<Space> group, float alpha) {
        SignedPower.gradient(workspace, group, alpha);
    }

    @Override
    public void batch(
            Samples samples,
            PixelTransform transform,
            @Nullable Augmentation augmentation,
            Order order,
            Cell position,
            Tensor x,
            Labels labels) {
        Batches.next(
                workspace,
                (CudaSamples) samples,
                transform,
                augmentation,
                (CudaOrder) order,
                (CudaCell) position,
                (CudaTensor) x,
                (CudaLabels) labels);
    }
}
