package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.cpu.PatternPlan.Csr;
import dev.gossamer.engine.Geometry;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * The weight gradient of a convolution: for every weight the dot product of an output channel's gradient with the input
 * shifted by the weight's tap.
 *
 * <p>Turned round it needs one load per multiply-add: a tile of the output gradient, up to eight times sixteen numbers of one
 * channel, stays in registers while the inputs of all of the channel's weights stream past, each adding into a partial sum of
 * 16 lanes of its own. As many output channels pass over the planes together as keep their partial sums in the second-level
 * cache; then the lanes are added, see {@link LaneTree}.
 *
 * <p>Sum order, the same for every storage, vector width and number of threads: column n adds to lane n mod 16, in ascending
 * order of (block of the batch, output row, output column, n).
 */
final class ConvolutionWeightGradient implements Workers.Parts {

    /** Bytes of one partial sum of 16 lanes. */
    private static final int PARTIAL = 64;

    /** Partial sums kept at a time by each thread: 512 KiB. */
    private static final int PARTIALS = 8192;

    private final CpuWorkspace workspace;
    private final Geometry geometry;
    private final ConvolutionPass pass;

    // Set up anew for every run.
    private CpuTensor in;
    private CpuTensor gradient;
    private float beta;
    private CpuValues out;
    private Csr csr;
    private MemorySegment partials = MemorySegment.NULL;
    private int room;
    private @Nullable Csr full;

    @SuppressWarnings("NullAway.Init") // set before each run
    ConvolutionWeightGradient(CpuWorkspace workspace, Geometry geometry, ConvolutionPass pass) {
        this.workspace = workspace;
        this.geometry = geometry;
        this.pass = pass;
    }

    /** All weights, or those that are stored with zeros between them. */
    void dense(int[] offsets, CpuTensor x, CpuTensor gy, float scale, CpuValues gw) {
        Csr known = full;
        if (known == null) {
            known = full(offsets);
            full = known;
        }
        sparse(known, x, gy, scale, gw);
        gw.clearOutside();
    }

    private Csr full(int[] offsets) {
        int rows = geometry.outChannels();
        int[] rowPtr = new int[rows + 1];
        int[] colIdx = new int[Math.multiplyExact(rows, offsets.length)];
        int last = -1;
        for (int row = 0; row < rows; row++) {
            rowPtr[row + 1] = rowPtr[row] + offsets.length;
            System.arraycopy(offsets, 0, colIdx, rowPtr[row], offsets.length);
        }
        for (int offset : offsets) {
            last = Math.max(last, offset);
        }
        return new Csr(rows, last + 1, rowPtr, colIdx);
    }

    /**
     * The stored weights of a packed space.
     *
     * @param x with the halo that the taps read; lanes behind the batch are +0.0 here and in gy
     */
    void sparse(Csr structure, CpuTensor x, CpuTensor gy, float scale, CpuValues gw) {
        in = x;
        gradient = gy;
        beta = scale;
        out = gw;
        csr = structure;
        int longest = 1;
        for (int row = 0; row < structure.rows; row++) {
            longest = Math.max(longest, structure.rowPtr[row + 1] - structure.rowPtr[row]);
        }
        room = Math.max(PARTIALS, (longest + 15) / 16 * 16);
        double flops = 2.0 * structure.colIdx.length * pass.rows() * pass.cols() * gy.batch;
        int parts = workspace.parts(flops);
        partials = workspace.scratch(CpuWorkspace.Scratch.TILES, (long) parts * room * PARTIAL);
        if (parts == 1) {
            run(0, 1);
        } else {
            workspace.workers().run(parts, this);
        }
    }

    @Override
    public void run(int part, int parts) {
        int end = csr.rowStart(part + 1, parts);
        long at = (long) part * room * PARTIAL;
        for (int row = csr.rowStart(part, parts); row < end; ) {
            int next = row + 1;
            while (next < end && csr.rowPtr[next + 1] - csr.rowPtr[row] <= room) {
                next++;
            }
            rows(row, next, at);
            row = next;
        }
    }

    /** Output channels {@code from .. to - 1}, whose partial sums fit. */
    private void rows(int from, int to, long at) {
        int first = csr.rowPtr[from];
        int count = csr.rowPtr[to] - first;
        if (count == 0) {
            return;
        }
        if (beta != 0) {
            Sddmm.scale(out.data, first, first + count, beta);
        }
        partials.asSlice(at, (long) count * PARTIAL).fill((byte) 0);
        for (int column = 0; column < gradient.batch; column += gradient.block) {
            for (int row = 0; row < pass.rows(); row++) {
                line(column, row, from, to, at);
            }
        }
        LaneTree.sum(partials, at, count, 1, out.data, first, beta == 0);
    }

    private void line(int column, int row, int from, int to, long at) {
        int perPosition = gradient.block / 16;
        int total = pass.cols() * perPosition;
        int inRow = pass.inY() + row * pass.inStep();
        for (int sixteen = 0; sixteen < total; ) {
            int col = sixteen / perPosition;
            int left = pass.inStep() == 1 ? total - sixteen : perPosition - sixteen % perPosition;
            int sixteens = Math.min(8, Integer.highestOneBit(left));
            long within = (sixteen % perPosition) * 64L;
            long g = gradient.offset(gradient.position(row, col), column) + within;
            long x = in.offset(in.position(inRow, pass.inX() + col * pass.inStep()), column) + within;
            tile(sixteens, from, to, g, x, at);
            sixteen += sixteens;
        }
    }

    private void tile(int sixteens, int from, int to, long g, long x, long at) {
        long width = 64L * sixteens;
        int gStep = Math.toIntExact(gradient.planePositions() * gradient.rowStride());
        long gradients = Raw.address(gradient.data, g, (geometry.outChannels() - 1L) * gStep + width);
        long inputs = Raw.address(in.data, x, (csr.cols - 1) * in.rowStride() + width);
        int first = csr.rowPtr[from];
        long sums = Raw.address(partials, at, (long) (csr.rowPtr[to] - first) * PARTIAL);
        int step = Math.toIntExact(in.rowStride());
        int[] rowPtr = csr.rowPtr;
        int[] colIdx = csr.colIdx;
        for (int lane = 0; lane < PARTIAL; lane += BYTES) {
            switch (sixteens) {
                case 8 -> add8(rowPtr, colIdx, from, to, gradients + lane, gStep, inputs + lane, step, sums + lane);
                case 4 -> add4(rowPtr, colIdx, from, to, gradients + lane, gStep, inputs + lane, step, sums + lane);
                case 2 -> add2(rowPtr, colIdx, from, to, gradients + lane, gStep, inputs + lane, step, sums + lane);
                default -> add1(rowPtr, colIdx, from, to, gradients + lane, gStep, inputs + lane, step, sums + lane);
            }
        }
    }

    private static void add8(
            int[] rowPtr, int[] colIdx, int from, int to, long g, int gStep, long x, int step, long partials) {
        long input = x & USER;
        long stride = step & INDEX;
        long output = partials & USER;
        for (int row = from; row < to; row++) {
            long at = (g + (long) row * gStep) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            FloatVector g2 = fromMemorySegment(F, ALL, at + 128, LITTLE_ENDIAN);
            FloatVector g3 = fromMemorySegment(F, ALL, at + 192, LITTLE_ENDIAN);
            FloatVector g4 = fromMemorySegment(F, ALL, at + 256, LITTLE_ENDIAN);
            FloatVector g5 = fromMemorySegment(F, ALL, at + 320, LITTLE_ENDIAN);
            FloatVector g6 = fromMemorySegment(F, ALL, at + 384, LITTLE_ENDIAN);
            FloatVector g7 = fromMemorySegment(F, ALL, at + 448, LITTLE_ENDIAN);
            int end = rowPtr[row + 1];
            for (int p = rowPtr[row]; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * stride;
                FloatVector sum = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = g2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = g3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                sum = g4.fma(fromMemorySegment(F, ALL, in + 256, LITTLE_ENDIAN), sum);
                sum = g5.fma(fromMemorySegment(F, ALL, in + 320, LITTLE_ENDIAN), sum);
                sum = g6.fma(fromMemorySegment(F, ALL, in + 384, LITTLE_ENDIAN), sum);
                sum = g7.fma(fromMemorySegment(F, ALL, in + 448, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    private static void add4(
            int[] rowPtr, int[] colIdx, int from, int to, long g, int gStep, long x, int step, long partials) {
        long input = x & USER;
        long stride = step & INDEX;
        long output = partials & USER;
        for (int row = from; row < to; row++) {
            long at = (g + (long) row * gStep) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            FloatVector g2 = fromMemorySegment(F, ALL, at + 128, LITTLE_ENDIAN);
            FloatVector g3 = fromMemorySegment(F, ALL, at + 192, LITTLE_ENDIAN);
            int end = rowPtr[row + 1];
            for (int p = rowPtr[row]; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * stride;
                FloatVector sum = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = g2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = g3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    private static void add2(
            int[] rowPtr, int[] colIdx, int from, int to, long g, int gStep, long x, int step, long partials) {
        long input = x & USER;
        long stride = step & INDEX;
        long output = partials & USER;
        for (int row = from; row < to; row++) {
            long at = (g + (long) row * gStep) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            int end = rowPtr[row + 1];
            for (int p = rowPtr[row]; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * stride;
                FloatVector sum = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    private static void add1(
            int[] rowPtr, int[] colIdx, int from, int to, long g, int gStep, long x, int step, long partials) {
        long input = x & USER;
        long stride = step & INDEX;
        long output = partials & USER;
        for (int row = from; row < to; row++) {
            long at = (g + (long) row * gStep) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            int end = rowPtr[row + 1];
            for (int p = rowPtr[row]; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * stride;
                FloatVector sum = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
                g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum).intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }
}
