package dev.gossamer.cpu;

import dev.gossamer.cpu.PatternPlan.Csr;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One pass of a convolution over the tiles of its output: runs of up to eight vectors of adjacent positions of one output
 * row, for all output channels, so that the part of the input that a tile reads stays in cache. Bias, ReLU and masks follow
 * while the tile is in cache. Kept by its product and set up anew for every pass, so that a step allocates nothing.
 *
 * <p>Threads share tiles where there are enough of them, else output channels.
 */
final class ConvolutionWalk implements Workers.Parts {

    /** Vectors of a dense tile, the columns of a gemm's register block. */
    private static final int DENSE_VECTORS = 2;

    /** Positions of the reduced dimension that are packed together: 32 KiB. */
    private static final int DEPTH = 32 * 1024 / (DENSE_VECTORS * Lanes.BYTES);

    private final CpuWorkspace workspace;
    private final SpmmKernels.Operands sparse = new SpmmKernels.Operands();
    private final GemmKernels.Operands[] dense;

    // What all passes of one product share.
    private CpuTensor in;
    private CpuTensor out;
    private float beta;
    private int channels;
    private int outStride;
    private @Nullable CpuValues bias;
    private boolean relu;
    private @Nullable CpuMask passed;
    private @Nullable CpuMask mask;

    // The pass being worked on.
    private ConvolutionPass pass;
    private @Nullable Csr csr;
    private int[] offsets = new int[0];
    private MemorySegment weights = MemorySegment.NULL;
    private long weightsBase;
    private MemorySegment panels = MemorySegment.NULL;

    @SuppressWarnings("NullAway.Init") // set before each run
    ConvolutionWalk(CpuWorkspace workspace) {
        this.workspace = workspace;
        this.dense = new GemmKernels.Operands[workspace.threads()];
        Arrays.setAll(dense, part -> new GemmKernels.Operands());
    }

    void operands(CpuTensor input, float scale, CpuTensor output, int outputChannels) {
        in = input;
        beta = scale;
        out = output;
        channels = outputChannels;
        outStride = Math.toIntExact(output.planePositions() * output.rowStride());
    }

    /**
     * What is done to a tile when it is complete.
     *
     * @param passedMask where to note what passed the ReLU
     * @param gradientMask what to let through
     */
    void epilogue(
            @Nullable CpuValues outBias,
            boolean rectified,
            @Nullable CpuMask passedMask,
            @Nullable CpuMask gradientMask) {
        bias = outBias;
        relu = rectified;
        passed = passedMask;
        mask = gradientMask;
    }

    void sparse(ConvolutionPass next, Csr structure, MemorySegment values) {
        pass = next;
        csr = structure;
        sparse.values = values;
        sparse.b = in.data;
        sparse.bStride = in.rowStride();
        sparse.c = out.data;
        sparse.cStride = outStride;
        int entries = structure.rowPtr[structure.rows] - structure.rowPtr[0];
        dispatch(workspace.parts(2.0 * entries * next.rows() * next.cols() * out.batch));
    }

    /**
     * @param reduced positions of the reduced dimension, relative to a grid point's start
     * @param matrix {@code [channels][reduced.length]} floats from byte {@code base} on
     */
    void dense(ConvolutionPass next, int[] reduced, MemorySegment matrix, long base) {
        pass = next;
        csr = null;
        weights = matrix;
        weightsBase = base;
        offsets = reduced;
        double flops = 2.0 * channels * offsets.length * next.rows() * next.cols() * out.batch;
        int parts = workspace.parts(flops);
        panels = workspace.scratch(CpuWorkspace.Scratch.PANELS, (long) parts * DEPTH * DENSE_VECTORS * Lanes.BYTES);
        dispatch(parts);
    }

    private void dispatch(int parts) {
        if (parts == 1) {
            run(0, 1);
        } else {
            workspace.workers().run(parts, this);
        }
    }

    @Override
    public void run(int part, int parts) {
        int lines = CpuTensor.blocks(out.batch, out.block) * pass.rows();
        if (lines >= 2 * parts || parts == 1) {
            int end = (int) ((long) lines * (part + 1) / parts);
            for (int line = (int) ((long) lines * part / parts); line < end; line++) {
                line(line / pass.rows() * out.block, line % pass.rows(), 0, channels, part);
            }
            return;
        }
        int from = DenseProduct.cut(channels, part, parts);
        int to = DenseProduct.cut(channels, part + 1, parts);
        for (int line = 0; line < lines && from < to; line++) {
            line(line / pass.rows() * out.block, line % pass.rows(), from, to, part);
        }
    }

    /** One output row of one block of the batch, for output channels {@code from .. to - 1}. */
    private void line(int column, int row, int from, int to, int part) {
        int y = pass.outY() + row * pass.outStep();
        int inRow = pass.inY() + row * pass.inStep();
        boolean runs = pass.outStep() == 1 && (pass.inStep() == 1 || csr == null);
        int perPosition = out.block / Lanes.COUNT;
        int total = pass.cols() * perPosition;
        // Masks are written sixteen columns at a time, so that a tile is never less.
        int most = csr == null ? Math.max(DENSE_VECTORS, 16 / Lanes.COUNT) : 8;
        for (int vector = 0; vector < total; ) {
            int col = vector / perPosition;
            int left = runs ? total - vector : perPosition - vector % perPosition;
            int vectors = Math.min(most, Integer.highestOneBit(left));
            int within = (vector % perPosition) * Lanes.BYTES;
            long to0 = out.offset(out.position(y, pass.outX() + col * pass.outStep()), column) + within;
            if (csr == null) {
                for (int done = 0; done < vectors; done += DENSE_VECTORS) {
                    int width = Math.min(DENSE_VECTORS, vectors - done);
                    denseTile(column, inRow, vector + done, width, to0 + (long) done * Lanes.BYTES, from, to, part);
                }
            } else {
                long from0 = in.offset(in.position(inRow, pass.inX() + col * pass.inStep()), column) + within;
                SpmmKernels.strip(vectors, csr, from, to, sparse, from0, to0, beta);
            }
            finish(column, y, pass.outX() + col * pass.outStep(), vector % perPosition, vectors, from, to, to0);
            vector += vectors;
        }
    }

    /** One or two vectors, which may lie at two positions that are not neighbours in the input. */
    private void denseTile(int column, int inRow, int vector, int vectors, long to0, int from, int to, int part) {
        long first = inputOffset(column, inRow, vector);
        long second = vectors == 1 ? first : inputOffset(column, inRow, vector + 1);
        long panel = (long) part * DEPTH * DENSE_VECTORS * Lanes.BYTES;
        long rowBytes = 4L * offsets.length;
        GemmKernels.Operands io = dense[part];
        io.set(weights, rowBytes, 4, panels, (long) DENSE_VECTORS * Lanes.BYTES, out.data, outStride);
        int depth = 0;
        do {
            int deep = Math.min(DEPTH, offsets.length - depth);
            if (deep > 0) {
                Packing.taps(in, first, second, offsets, depth, deep, panels, panel);
            }
            GemmKernels.block(
                    to - from,
                    vectors,
                    io,
                    deep == 0 ? 0 : weightsBase + from * rowBytes + 4L * depth,
                    panel,
                    to0 + (long) from * outStride,
                    deep,
                    depth == 0 ? beta : 1);
            depth += deep;
        } while (depth < offsets.length);
    }

    private long inputOffset(int column, int inRow, int vector) {
        int perPosition = out.block / Lanes.COUNT;
        int col = pass.inX() + vector / perPosition * pass.inStep();
        return in.offset(in.position(inRow, col), column) + (long) (vector % perPosition) * Lanes.BYTES;
    }

    /** Bias, ReLU and masks of a tile, sixteen columns of all channels at a time. */
    private void finish(int column, int y, int x, int vector, int vectors, int from, int to, long tile) {
        if (bias == null && !relu && mask == null) {
            return;
        }
        int biasStep = bias == null ? 0 : Float.BYTES;
        MemorySegment shifts = bias == null ? BiasRelu.NO_BIAS : bias.data;
        long shift = Raw.address(shifts, (long) from * biasStep, (to - from - 1L) * biasStep + Float.BYTES);
        for (int lane = 0; lane < vectors * Lanes.COUNT; lane += 16) {
            int at = vector * Lanes.COUNT + lane;
            int position = out.position(y, x + at / out.block) + from * out.planePositions();
            int sixteen = column + at % out.block;
            long address = Raw.address(
                    out.data, tile + (long) from * outStride + 4L * lane, (to - from - 1L) * outStride + 64);
            int maskStep = CpuMask.STEP * out.planePositions();
            if (mask != null) {
                long bits = mask.address16(position, sixteen, to - from, maskStep);
                Relu.select(to - from, bits, maskStep, address, outStride, address, outStride);
            } else if (passed != null) {
                long bits = passed.address16(position, sixteen, to - from, maskStep);
                BiasRelu.addReluMask(to - from, address, outStride, shift, biasStep, bits, maskStep);
            } else if (relu) {
                BiasRelu.addRelu(to - from, address, outStride, shift, biasStep);
            } else {
                BiasRelu.add(to - from, address, outStride, shift, biasStep);
            }
        }
    }
}
