package dev.gossamer.cpu;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Activation;
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
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution without an im2col buffer: sparse weights go through the SpMM's kernels with positions for columns, dense ones
 * through the gemm's with a packed tile of the input. See {@link ConvolutionPass}.
 */
final class ConvolutionProduct implements Product {

    private final CpuWorkspace workspace;
    private final Geometry geometry;
    private final ConvolutionPass forward;
    private final DenseTaps forwardTaps;
    private final List<ConvolutionPass> backward;
    private final List<DenseTaps> backwardTaps;
    private final PaddedInput input;
    private final PaddedInput outputGradient;
    private final ConvolutionWalk walk;
    private final ConvolutionWeightGradient weightGradient;
    private final OuterProductGradient outerProduct;

    ConvolutionProduct(CpuWorkspace workspace, Geometry geometry) {
        this.workspace = workspace;
        this.geometry = geometry;
        this.forward = ConvolutionPass.forward(geometry);
        this.backward = ConvolutionPass.backward(geometry);
        this.input = input(workspace, geometry);
        this.outputGradient = outputGradient(workspace, geometry);
        this.forwardTaps = new DenseTaps(
                forward, geometry.inChannels(), input.pitch(), input.plane(), geometry.inHeight(), geometry.inWidth());
        this.backwardTaps = backward.stream()
                .map(pass -> new DenseTaps(
                        pass,
                        geometry.outChannels(),
                        outputGradient.pitch(),
                        outputGradient.plane(),
                        geometry.outHeight(),
                        geometry.outWidth()))
                .toList();
        this.walk = new ConvolutionWalk(workspace);
        this.weightGradient = new ConvolutionWeightGradient(workspace, geometry, forward);
        this.outerProduct = new OuterProductGradient(workspace, geometry);
    }

    /** What {@link ConvolutionPass#forward} reads. */
    static PaddedInput input(CpuWorkspace workspace, Geometry geometry) {
        Shape one = geometry.inShape(1);
        return new PaddedInput(
                workspace, Scratch.PADDED, ConvolutionPass.forward(geometry).halo(one), one);
    }

    /** What all of {@link ConvolutionPass#backward} read. */
    static PaddedInput outputGradient(CpuWorkspace workspace, Geometry geometry) {
        Shape one = geometry.outShape(1);
        int halo = 0;
        for (ConvolutionPass pass : ConvolutionPass.backward(geometry)) {
            halo = Math.max(halo, pass.halo(one));
        }
        return new PaddedInput(workspace, Scratch.PADDED_GRADIENT, halo, one);
    }

    @Override
    public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        CpuValues weights = (CpuValues) w;
        CpuTensor out = forward(x, beta, y, epilogue);
        if (weights.space.storage() == CpuSpace.Storage.PACKED) {
            ConvolutionStructures structures = structures(weights.space);
            walk.sparse(forward, structures.forward(), structures.forwardClasses(), weights.data);
        } else {
            walk.dense(forward, forwardTaps, weights.data, 0);
        }
        out.clearTail();
    }

    @Override
    public void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
        CpuSparseWeights weights = (CpuSparseWeights) w;
        CpuTensor out = forward(x, beta, y, epilogue);
        walk.sparse(forward, weights.forward(), weights.forwardClasses(), weights.values());
        out.clearTail();
    }

    /** Sets up a walk forward and returns what it writes. */
    private CpuTensor forward(Tensor x, float beta, Tensor y, Epilogue epilogue) {
        CpuTensor out = ((CpuTensor) y).takeOver();
        CpuTensor in = input.of((CpuTensor) x, false, out.block);
        walk.operands(in, beta, out, geometry.outChannels());
        walk.epilogue(
                (CpuValues) epilogue.bias(), epilogue.activation() == Activation.RELU, (CpuMask) epilogue.mask(), null);
        return out;
    }

    @Override
    public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        CpuValues weights = (CpuValues) w;
        CpuTensor out = inputGradient(gy, beta, gx, mask);
        if (weights.space.storage() == CpuSpace.Storage.PACKED) {
            sparseInputGradient(weights);
        } else {
            denseInputGradient(weights);
        }
        out.clearTail();
    }

    @Override
    public void inputGradient(SparseWeights w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        CpuSparseWeights.Backward weights = ((CpuSparseWeights) w).backward();
        CpuTensor out = inputGradient(gy, beta, gx, mask);
        for (int i = 0; i < backward.size(); i++) {
            walk.sparse(
                    backward.get(i), weights.passes().get(i), weights.classes().get(i), weights.values());
        }
        out.clearTail();
    }

    /** Sets up a walk backward and returns what it writes. */
    private CpuTensor inputGradient(Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        CpuTensor out = ((CpuTensor) gx).takeOver();
        CpuTensor in = outputGradient.of((CpuTensor) gy, false, out.block);
        walk.operands(in, beta, out, geometry.inChannels());
        walk.epilogue(null, false, null, (CpuMask) mask);
        return out;
    }

    private void sparseInputGradient(CpuValues weights) {
        ConvolutionStructures.Backward transposed =
                structures(weights.space).backward(backward, outputGradient.pitch(), outputGradient.plane());
        MemorySegment values = Spmm.permuted(workspace, 1, weights, transposed.permutation());
        for (int i = 0; i < backward.size(); i++) {
            walk.sparse(
                    backward.get(i),
                    transposed.structures().get(i),
                    transposed.classes().get(i),
                    values);
        }
    }

    /** Weights as {@code [pass][input channel][output channel][tap]}, so that chains ascend as those of sparse weights do. */
    private void denseInputGradient(CpuValues weights) {
        MemorySegment turned = workspace.scratch(Scratch.VALUES, weights.data.byteSize());
        long base = 0;
        for (int i = 0; i < backward.size(); i++) {
            ConvolutionPass pass = backward.get(i);
            Packing.turn(weights.data, geometry, pass.taps(), turned, base);
            walk.dense(pass, backwardTaps.get(i), turned, base);
            base += 4L * geometry.rows() * geometry.inChannels() * pass.taps().length;
        }
    }

    @Override
    public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
        CpuTensor gradient = outputGradient.clean((CpuTensor) gy);
        weightGradient(input.of((CpuTensor) x, true, gradient.block), gradient, beta, (CpuValues) gw);
    }

    @Override
    public void weightGradient(SparseTensor x, Tensor gy, float beta, Values gw) {
        CpuTensor gradient = outputGradient.clean((CpuTensor) gy);
        CpuSparseTensor stored = (CpuSparseTensor) x;
        CpuValues out = (CpuValues) gw;
        if (multipliesOneByOne(stored, gradient, out.space)) {
            outerProduct.run(stored, gradient, beta, out);
        } else {
            CpuTensor in = stored.expand(workspace, gradient.batch, input.halo(), gradient.block);
            weightGradient(in, gradient, beta, out);
        }
    }

    private boolean multipliesOneByOne(CpuSparseTensor x, CpuTensor gy, CpuSpace space) {
        return OuterProductKernels.know(geometry)
                && space.storage() != CpuSpace.Storage.PACKED
                && x.block() == gy.block
                && x.density() <= workspace.tuning().outerProductDensity();
    }

    private void weightGradient(CpuTensor x, CpuTensor gy, float beta, CpuValues gw) {
        if (gw.space.storage() != CpuSpace.Storage.PACKED) {
            outerProduct.run(x, gy, beta, gw);
        } else if (gw.space.nnz() > workspace.tuning().wholeGradientDensity() * geometry.size()) {
            outerProduct.runPacked(x, gy, beta, gw);
        } else {
            ConvolutionStructures structures = structures(gw.space);
            weightGradient.run(structures.forward(), structures.forwardClasses(), x, gy, beta, gw);
        }
    }

    private ConvolutionStructures structures(CpuSpace space) {
        return space.plan().convolution(geometry, input.pitch(), input.plane());
    }

    @Override
    public void biasGradient(Tensor gy, float beta, Values gb) {
        CpuValues out = (CpuValues) gb;
        if (beta != 0 || gy.shape().batch() == 0) {
            Sddmm.scale(out.data, 0, geometry.outChannels(), beta);
        }
        ChannelSums.add(workspace, outputGradient.clean((CpuTensor) gy), out.data, beta == 0);
        out.clearOutside();
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public String describe() {
        return "convolution " + geometry.kernelHeight() + "x" + geometry.kernelWidth() + " of " + geometry.inShape(1)
                + " to " + geometry.outShape(1) + ", stride " + geometry.stride() + ", " + Lanes.COUNT * 32
                + "-bit vectors";
    }

    @Override
    public Object owner() {
        return workspace;
    }
}
