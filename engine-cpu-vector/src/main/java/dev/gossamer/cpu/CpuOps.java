package dev.gossamer.cpu;

import dev.gossamer.cpu.CpuHandles.CpuCell;
import dev.gossamer.cpu.CpuHandles.CpuLabels;
import dev.gossamer.cpu.CpuHandles.CpuOrder;
import dev.gossamer.cpu.CpuHandles.CpuSamples;
import dev.gossamer.cpu.CpuHandles.CpuStream;
import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Cell;
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
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The op groups of one workspace: each method casts its handles and calls the file that bears the op's name. */
final class CpuOps implements SparseOps, DenseOps, NnOps, SelectOps, TrainOps, DataOps {

    private final CpuWorkspace workspace;

    CpuOps(CpuWorkspace workspace) {
        this.workspace = workspace;
    }

    @Override
    public void spmv(float alpha, Values a, Tensor x, float beta, Tensor y) {
        Spmv.run(workspace, alpha, (CpuValues) a, (CpuTensor) x, beta, (CpuTensor) y);
    }

    @Override
    public void spmm(float alpha, Values a, Tensor b, float beta, Tensor c) {
        Spmm.run(workspace, alpha, (CpuValues) a, (CpuTensor) b, beta, written(c));
    }

    @Override
    public void spmmTransposed(float alpha, Values a, Tensor b, float beta, Tensor c) {
        Spmm.runTransposed(workspace, alpha, (CpuValues) a, (CpuTensor) b, beta, written(c));
    }

    @Override
    public void sddmm(float alpha, Tensor a, Tensor b, float beta, Values c) {
        Sddmm.run(workspace, alpha, (CpuTensor) a, (CpuTensor) b, beta, (CpuValues) c);
    }

    @Override
    public void gather(Tensor dense, Values values) {
        GatherScatter.gather((CpuTensor) dense, (CpuValues) values);
    }

    @Override
    public void scatter(Values values, Tensor dense) {
        GatherScatter.scatter((CpuValues) values, written(dense));
    }

    @Override
    public void sparsify(Tensor dense, float threshold, Values target) {
        Sparsify.threshold(workspace, (CpuTensor) dense, threshold, (CpuValues) target);
    }

    @Override
    public void sparsifyTop(Tensor dense, long keep, Values target) {
        Sparsify.top(workspace, (CpuTensor) dense, keep, (CpuValues) target);
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
        Gemm gemm = workspace.gemm();
        gemm.a.set((CpuTensor) a);
        gemm.b.set((CpuTensor) b);
        gemm.c.set((CpuTensor) c);
        if (transposeA) {
            gemm.a.transpose();
        }
        if (transposeB) {
            gemm.b.transpose();
        }
        gemm.run(alpha, beta);
    }

    @Override
    public void fill(Values values, float value) {
        Elementwise.fill((CpuValues) values, value);
    }

    @Override
    public void copy(Values from, Values to) {
        Elementwise.copy((CpuValues) from, (CpuValues) to);
    }

    @Override
    public void axpy(float alpha, Values x, Values y) {
        Elementwise.axpy(alpha, (CpuValues) x, (CpuValues) y);
    }

    @Override
    public void multiply(Values x, Values y, Values out) {
        Elementwise.multiply((CpuValues) x, (CpuValues) y, (CpuValues) out);
    }

    @Override
    public void addSquare(Values x, Values y) {
        Elementwise.addSquare((CpuValues) x, (CpuValues) y);
    }

    @Override
    public void dot(Values x, Values y, Cell out) {
        ((CpuCell) out).value = Elementwise.dot((CpuValues) x, (CpuValues) y);
    }

    @Override
    public void relu(Tensor x, Tensor y, Mask mask) {
        Relu.forward((CpuTensor) x, written(y), (CpuMask) mask);
    }

    @Override
    public void reluGradient(Mask mask, Tensor gy, Tensor gx) {
        Relu.gradient((CpuMask) mask, (CpuTensor) gy, written(gx));
    }

    @Override
    public void maxPool(Tensor x, Window window, Tensor y, @Nullable Indices chosen) {
        Pool.max(workspace, (CpuTensor) x, window, written(y), (CpuIndices) chosen);
    }

    @Override
    public void maxPoolGradient(Indices chosen, Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Pool.gradient(workspace, (CpuIndices) chosen, window, (CpuTensor) gy, beta, written(gx), (CpuMask) mask);
    }

    @Override
    public void maxPoolTangent(Indices chosen, Window window, Tensor xDot, Tensor yDot) {
        Pool.maxTangent((CpuIndices) chosen, window, (CpuTensor) xDot, written(yDot));
    }

    @Override
    public void averagePool(Tensor x, Window window, Tensor y) {
        Pool.average(workspace, (CpuTensor) x, window, written(y));
    }

    @Override
    public void averagePoolGradient(Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Pool.gradient(workspace, null, window, (CpuTensor) gy, beta, written(gx), (CpuMask) mask);
    }

    @Override
    public void retile(Tensor x, Tiling from, Tensor y, Tiling to, int overlap) {
        Retile.run(workspace, (CpuTensor) x, from, written(y), to, overlap);
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
                workspace, (CpuTensor) x, norm, saved, (CpuTensor) residual, activation, (CpuMask) mask, written(y));
    }

    @Override
    public void batchNormInference(
            Tensor x, BatchNorm norm, @Nullable Tensor residual, Activation activation, Tensor y) {
        BatchNormalization.inference(workspace, (CpuTensor) x, norm, (CpuTensor) residual, activation, written(y));
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
                (CpuTensor) x,
                norm,
                saved,
                (CpuTensor) gy,
                beta,
                written(gx),
                (CpuMask) mask,
                (CpuValues) gGamma,
                (CpuValues) gBeta);
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
                (CpuTensor) x,
                norm,
                saved,
                (CpuTensor) xDot,
                gammaDot,
                betaDot,
                beta,
                written(yDot),
                (CpuMask) mask);
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
                (CpuTensor) x,
                norm,
                saved,
                (CpuTensor) xDot,
                gammaDot,
                (CpuTensor) gy,
                (CpuTensor) gyDot,
                beta,
                written(gxDot),
                (CpuMask) mask,
                (CpuValues) gGammaDot,
                (CpuValues) gBetaDot);
    }

    @Override
    public void dropout(
            Tensor x, float rate, RandomStream stream, int site, float beta, Tensor y, @Nullable Mask mask) {
        Dropout.dropout(workspace, (CpuTensor) x, rate, (CpuStream) stream, site, beta, written(y), (CpuMask) mask);
    }

    @Override
    public void advance(RandomStream stream) {
        ((CpuStream) stream).step++;
    }

    @Override
    public void add(Tensor x, float beta, Tensor y, @Nullable Mask mask) {
        Dropout.add(workspace, (CpuTensor) x, beta, written(y), (CpuMask) mask);
    }

    @Override
    public void softmaxCrossEntropy(
            Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct) {
        SoftmaxCrossEntropy.run(
                (CpuTensor) logits,
                ((CpuLabels) labels).classes,
                gradient == null ? null : written(gradient),
                (CpuCell) lossSum,
                (CpuCell) correct,
                workspace.scratch(
                        Scratch.TILES,
                        SoftmaxCrossEntropy.scratchBytes(logits.shape().features())));
    }

    @Override
    public void softmaxCrossEntropyTangent(Tensor logits, Tensor logitsDot, Tensor gradientDot) {
        SoftmaxCrossEntropy.tangent(
                (CpuTensor) logits,
                (CpuTensor) logitsDot,
                written(gradientDot),
                workspace.scratch(
                        Scratch.TILES,
                        SoftmaxCrossEntropy.scratchBytes(logits.shape().features())));
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
        ((CpuSparseTensor) to).compress(workspace, (CpuTensor) x, keep);
    }

    @Override
    public void compressAgain(Tensor x, long keep, SparseTensor to) {
        ((CpuSparseTensor) to).compressAgain(workspace, (CpuTensor) x, keep);
    }

    @Override
    public void compress(Values w, long keep, SparseWeights to) {
        ((CpuSparseWeights) to).compress(workspace, (CpuValues) w, keep);
    }

    @Override
    public void compressAgain(Values w, long keep, SparseWeights to) {
        ((CpuSparseWeights) to).compressAgain(workspace, (CpuValues) w, keep);
    }

    @Override
    public void sgd(List<Space> group, Cell rate, Sgd rule) {
        float step = ((CpuCell) rate).value;
        for (int i = 0; i < group.size(); i++) {
            SgdStep.run((CpuSpace) group.get(i), step, rule);
        }
    }

    @Override
    public void signedPower(List<Space> group, float alpha) {
        for (int i = 0; i < group.size(); i++) {
            SignedPower.weights((CpuSpace) group.get(i), alpha, powers());
        }
    }

    @Override
    public void signedPowerGradient(List<Space> group, float alpha) {
        for (int i = 0; i < group.size(); i++) {
            SignedPower.gradient((CpuSpace) group.get(i), alpha, powers());
        }
    }

    private static CpuTensor written(Tensor out) {
        return ((CpuTensor) out).takeOver();
    }

    private MemorySegment powers() {
        return workspace.scratch(Scratch.VALUES, VectorMath.STRIP_SCRATCH);
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
                (CpuSamples) samples,
                transform,
                augmentation,
                ((CpuOrder) order).samples,
                (CpuCell) position,
                written(x),
                ((CpuLabels) labels).classes);
    }
}
