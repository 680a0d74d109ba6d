package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;

import dev.gossamer.cpu.PatternPlan.Csr;
import dev.gossamer.engine.Geometry;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The weight gradient of a packed convolution: for every stored weight the dot product of an output channel's gradient with the
 * input shifted by the weight's tap. The gradient of all weights is an {@link OuterProductGradient}.
 *
 * <p>Turned round it needs one load per multiply-add: a tile of the output gradient, up to eight times sixteen numbers of one
 * channel, stays in registers while the inputs of all of the channel's weights stream past, each adding into a partial sum of 16
 * lanes of its own.
 *
 * <p>As many output channels pass over the planes together as keep their partial sums in the second-level cache; then the
 * lanes are added, see {@link LaneTree}. Threads share output channels.
 *
 * <p>Sum order, the same for every vector width and number of threads: column n adds to lane n mod 16, in ascending order of
 * (block of the batch, output row, output column, n).
 */
final class ConvolutionWeightGradient implements Workers.Parts {

    /** Partial sums kept at a time by each thread: 512 KiB. */
    private static final int PARTIALS = 8192;

    /** Bytes of a partial sum: 16 lanes. */
    private static final int PARTIAL = 64;

    private final CpuWorkspace workspace;
    private final Geometry geometry;
    private final ConvolutionPass pass;

    private final SparseConvolutionKernels.Operands[] operands;

    // Set up anew for every run.
    private CpuTensor in;
    private CpuTensor gradient;
    private float beta;
    private CpuValues out;
    private Csr csr;
    private TapClasses classes;
    private MemorySegment partials = MemorySegment.NULL;
    private int room;

    @SuppressWarnings("NullAway.Init") // set before each run
    ConvolutionWeightGradient(CpuWorkspace workspace, Geometry geometry, ConvolutionPass pass) {
        this.workspace = workspace;
        this.geometry = geometry;
        this.pass = pass;
        this.operands = new SparseConvolutionKernels.Operands[workspace.threads()];
        Arrays.setAll(operands, part -> new SparseConvolutionKernels.Operands());
    }

    /**
     * The stored weights of a packed space.
     *
     * @param x with the halo that the taps read; lanes behind the batch are +0.0 here and in gy
     */
    void run(Csr structure, TapClasses taps, CpuTensor x, CpuTensor gy, float scale, CpuValues gw) {
        csr = structure;
        classes = taps;
        in = x;
        gradient = gy;
        beta = scale;
        out = gw;
        int most = PARTIALS;
        for (int row = 0; row < structure.rows; row++) {
            most = Math.max(most, structure.rowPtr[row + 1] - structure.rowPtr[row]);
        }
        room = (most + 31) / 16 * 16;
        int parts = workspace.parts(2.0 * structure.colIdx.length * pass.rows() * pass.cols() * gy.batch);
        partials = workspace.scratch(CpuWorkspace.Scratch.TILES, (long) parts * room * PARTIAL);
        if (parts == 1) {
            run(0, 1);
        } else {
            workspace.workers().run(parts, this);
        }
    }

    @Override
    public void run(int part, int parts) {
        TapClasses taps = classes;
        long at = (long) part * room * PARTIAL;
        int start = csr.rowStart(part, parts);
        int end = csr.rowStart(part + 1, parts);
        if (csr.rowPtr[end] - csr.rowPtr[start] <= room - 16) {
            rows(taps, 0, taps.parts, start, end, part, at);
            return;
        }
        for (int k = 0; k < taps.parts; k++) {
            for (int row = start; row < end; ) {
                int count = weights(taps, k, k + 1, row);
                int next = row + 1;
                while (next < end && count + weights(taps, k, k + 1, next) <= room - 16) {
                    count += weights(taps, k, k + 1, next++);
                }
                rows(taps, k, k + 1, row, next, part, at);
                row = next;
            }
        }
    }

    /** Weights of one output channel in parts {@code k .. kEnd - 1} of the input channels. */
    private int weights(TapClasses taps, int k, int kEnd, int row) {
        return taps.whole[kEnd * csr.rows + row] - taps.whole[k * csr.rows + row];
    }

    /** Output channels {@code from .. to - 1} by parts {@code k .. kEnd - 1} of the input channels: their partial sums fit. */
    private void rows(TapClasses taps, int k, int kEnd, int from, int to, int part, long at) {
        int count = 0;
        for (int row = from; row < to; row++) {
            count += weights(taps, k, kEnd, row);
        }
        if (count == 0) {
            return;
        }
        partials.asSlice(at, (long) count * PARTIAL).fill((byte) 0);
        SparseConvolutionKernels.Operands io = operands[part];
        io.rowPtr = csr.rowPtr;
        io.whole = taps.whole;
        io.wholeStarts = k * csr.rows;
        io.wholeEnds = kEnd * csr.rows;
        long sums = Raw.address(partials, at, (long) count * PARTIAL);
        for (int column = 0; column < gradient.batch; column += gradient.block) {
            for (int row = 0; row < pass.rows(); row++) {
                for (int col = 0; col < pass.cols(); ) {
                    int end = taps.runEnd(col);
                    run(taps, io, k, kEnd, column, row, col, end, from, to, sums);
                    col = end;
                }
            }
        }
        if (taps.parts == kEnd - k) {
            finish(at, csr.rowPtr[from], count);
            return;
        }
        // From the last to the first, as in a dense panel.
        long behind = at + (long) count * PARTIAL;
        for (int row = to - 1; row >= from; row--) {
            int own = weights(taps, k, kEnd, row);
            behind -= (long) own * PARTIAL;
            finish(behind, taps.whole[k * csr.rows + row], own);
        }
    }

    /** Grid columns {@code col .. end - 1} of one row, all of one class. */
    private void run(
            TapClasses taps,
            SparseConvolutionKernels.Operands io,
            int k,
            int kEnd,
            int column,
            int row,
            int col,
            int end,
            int from,
            int to,
            long sums) {
        TapClasses.Entries entries = taps.at(row, col);
        io.entries = Raw.address(entries.packed(), 0, entries.packed().byteSize());
        MemorySegment columns = entries.columns();
        io.columns = columns == null ? 0 : Raw.address(columns, 0, columns.byteSize());
        io.bounds = entries.bounds();
        io.step = Math.toIntExact(in.rowStride());
        io.heldStride = Math.toIntExact(gradient.planePositions() * gradient.rowStride());
        int perPosition = gradient.block / 16;
        int inRow = pass.inY() + row * pass.inStep();
        for (int sixteen = col * perPosition; sixteen < end * perPosition; ) {
            int x = sixteen / perPosition;
            int left = pass.inStep() == 1 ? end * perPosition - sixteen : perPosition - sixteen % perPosition;
            int sixteens = Math.min(8, Integer.highestOneBit(left));
            long within = (sixteen % perPosition) * 64L;
            long g = gradient.offset(gradient.position(row, x), column) + within;
            long from0 = in.offset(in.position(inRow, pass.inX() + x * pass.inStep()), column) + within;
            long width = 64L * sixteens;
            long gradients = Raw.address(gradient.data, g, (geometry.outChannels() - 1L) * io.heldStride + width);
            long inputs = Raw.address(in.data, from0, (csr.cols - 1) * in.rowStride() + width);
            for (int part = k; part < kEnd; part++) {
                io.starts = part * csr.rows;
                io.ends = io.starts + csr.rows;
                for (int lane = 0; lane < PARTIAL; lane += BYTES) {
                    io.held = gradients + lane;
                    io.input = inputs + lane;
                    io.output = sums + lane;
                    if (sixteens == 8 && columns != null) {
                        SparseConvolutionKernels.addWhole(io, from, to);
                    } else {
                        SparseConvolutionKernels.add(sixteens, io, from, to);
                    }
                }
            }
            sixteen += sixteens;
        }
    }

    /** Adds the lanes of partial sums to {@code count} weights from {@code first} on. */
    private void finish(long at, int first, int count) {
        if (beta != 0) {
            Sddmm.scale(out.data, first, first + count, beta);
        }
        LaneTree.sum(partials, at, count, 1, out.data, first, beta == 0);
    }
}
