package dev.gossamer.cpu;

import static dev.gossamer.cpu.ConvolutionGradientKernels.PARTIAL;
import static dev.gossamer.cpu.Lanes.BYTES;

import dev.gossamer.cpu.ConvolutionGradientKernels.Runs;
import dev.gossamer.cpu.PatternPlan.Csr;
import dev.gossamer.engine.Geometry;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The weight gradient of a convolution: for every weight the dot product of an output channel's gradient with the input
 * shifted by the weight's tap.
 *
 * <p>Sparse: turned round it needs one load per multiply-add. A tile of the output gradient, up to eight times sixteen numbers
 * of one channel, stays in registers while the inputs of all of the channel's weights stream past, each adding into a partial
 * sum of 16 lanes of its own. Dense: blocks of output channels by weights keep their partial sums in registers.
 *
 * <p>As many output channels pass over the planes together as keep their partial sums in the second-level cache; then the
 * lanes are added, see {@link LaneTree}. Threads share output channels.
 *
 * <p>Sum order, the same for every storage, vector width and number of threads: column n adds to lane n mod 16, in ascending
 * order of (block of the batch, output row, output column, n).
 */
final class ConvolutionWeightGradient implements Workers.Parts {

    /** Partial sums kept at a time by each thread: 512 KiB. */
    private static final int PARTIALS = 8192;

    /** Output channels and weights of a dense block. */
    private static final int ROWS = Lanes.COUNT == 16 ? 4 : 2;

    private static final int TAPS = 4;

    /** Weights of a channel in a dense panel: those of 32 inputs of a 3x3 kernel, which stay in cache while channels pass. */
    private static final int WIDTH = 288;

    /** What a dense block reads between two visits to its partial sums: a part of the first-level cache. */
    private static final int SEGMENT = 24 * 1024;

    private final CpuWorkspace workspace;
    private final Geometry geometry;
    private final ConvolutionPass pass;

    private final SparseConvolutionKernels.Operands[] sparse;

    /** For each thread the first and last weight of an edge. */
    private final int[][] edges;

    // Set up anew for every run.
    private CpuTensor in;
    private CpuTensor gradient;
    private float beta;
    private CpuValues out;
    private Csr csr;
    private @Nullable TapClasses classes;
    private int[] offsets = new int[0];
    private int span;
    private MemorySegment partials = MemorySegment.NULL;
    private int room;
    private @Nullable Runs runs;
    private int runsFor;

    @SuppressWarnings("NullAway.Init") // set before each run
    ConvolutionWeightGradient(CpuWorkspace workspace, Geometry geometry, ConvolutionPass pass) {
        this.workspace = workspace;
        this.geometry = geometry;
        this.pass = pass;
        this.sparse = new SparseConvolutionKernels.Operands[workspace.threads()];
        Arrays.setAll(sparse, part -> new SparseConvolutionKernels.Operands());
        this.edges = new int[workspace.threads()][2];
    }

    /**
     * The stored weights of a packed space.
     *
     * @param x with the halo that the taps read; lanes behind the batch are +0.0 here and in gy
     */
    void sparse(Csr structure, TapClasses taps, CpuTensor x, CpuTensor gy, float scale, CpuValues gw) {
        csr = structure;
        classes = taps;
        int longest = 1;
        for (int row = 0; row < structure.rows; row++) {
            longest = Math.max(longest, structure.rowPtr[row + 1] - structure.rowPtr[row]);
        }
        start(x, gy, scale, gw, Math.max(PARTIALS, longest), structure.colIdx.length);
    }

    /**
     * All weights, those outside a pattern set back to zero afterwards.
     *
     * @param taps positions of the reduced dimension
     */
    void dense(int[] taps, CpuTensor x, CpuTensor gy, float scale, CpuValues gw) {
        classes = null;
        offsets = taps;
        span = 0;
        for (int offset : taps) {
            span = Math.max(span, offset + 1);
        }
        long weights = (long) geometry.outChannels() * taps.length;
        start(x, gy, scale, gw, PARTIALS, weights);
        gw.clearOutside();
    }

    private void start(CpuTensor x, CpuTensor gy, float scale, CpuValues gw, int most, long weights) {
        in = x;
        gradient = gy;
        beta = scale;
        out = gw;
        room = (most + 31) / 16 * 16;
        int parts = workspace.parts(2.0 * weights * pass.rows() * pass.cols() * gy.batch);
        partials = workspace.scratch(CpuWorkspace.Scratch.TILES, (long) parts * room * PARTIAL);
        if (classes == null && (runs == null || runsFor != gy.batch)) {
            runs = runs();
            runsFor = gy.batch;
        }
        if (parts == 1) {
            run(0, 1);
        } else {
            workspace.workers().run(parts, this);
        }
    }

    @Override
    public void run(int part, int parts) {
        TapClasses taps = classes;
        if (taps == null) {
            denseRows(part, parts);
        } else {
            sparseRows(taps, part, parts, partialsOf(part));
        }
    }

    /** Where a thread's partial sums start. */
    private long partialsOf(int part) {
        return (long) part * room * PARTIAL;
    }

    // ---- dense

    private Runs runs() {
        boolean whole = pass.inStep() == 1;
        int perRow = whole ? 1 : pass.cols();
        int blocks = CpuTensor.blocks(gradient.batch, gradient.block);
        long[] gradients = new long[blocks * pass.rows() * perRow];
        long[] inputs = new long[gradients.length];
        for (int run = 0; run < gradients.length; run++) {
            int col = run % perRow;
            int row = run / perRow % pass.rows();
            int column = run / perRow / pass.rows() * gradient.block;
            gradients[run] = gradient.offset(gradient.position(row, col), column);
            inputs[run] =
                    in.offset(in.position(pass.inY() + row * pass.inStep(), pass.inX() + col * pass.inStep()), column);
        }
        return new Runs(gradients, inputs, 4 * gradient.block * (whole ? pass.cols() : 1));
    }

    private void denseRows(int part, int parts) {
        int rows = geometry.outChannels();
        int blocks = (rows + ROWS - 1) / ROWS;
        int end = Math.min(rows, blocks * (part + 1) / parts * ROWS);
        int width = Math.min(offsets.length, WIDTH);
        int height = PARTIALS / width / ROWS * ROWS;
        for (int row = blocks * part / parts * ROWS; row < end; row += height) {
            for (int tap = 0; tap < offsets.length; tap += width) {
                panel(row, Math.min(end, row + height), tap, Math.min(offsets.length, tap + width), part);
            }
        }
    }

    /** Output channels {@code from .. to - 1} by weights {@code tap .. end - 1}. */
    private void panel(int from, int to, int tap, int end, int part) {
        long at = partialsOf(part);
        Runs all = runs;
        int width = end - tap;
        partials.asSlice(at, (long) (to - from) * width * PARTIAL).fill((byte) 0);
        if (all != null && all.gradient.length > 0) {
            int together = Math.max(1, SEGMENT / ((ROWS + 2) * all.bytes));
            for (int run = 0; run < all.gradient.length; run += together) {
                segment(all, run, Math.min(all.gradient.length, run + together), from, to, tap, end, part);
            }
        }
        if (width == offsets.length) {
            finish(at, from * width, (to - from) * width);
            return;
        }
        // From the last to the first: adding lanes overwrites up to 15 partial sums behind those it adds.
        for (int row = to - 1; row >= from; row--) {
            finish(at + (long) (row - from) * width * PARTIAL, row * offsets.length + tap, width);
        }
    }

    /** Adds the lanes of partial sums to {@code count} weights from {@code first} on. */
    private void finish(long at, int first, int count) {
        if (beta != 0) {
            Sddmm.scale(out.data, first, first + count, beta);
        }
        LaneTree.sum(partials, at, count, 1, out.data, first, beta == 0);
    }

    private void segment(Runs all, int run, int runEnd, int from, int to, int tap, int end, int part) {
        int gStep = Math.toIntExact(gradient.planePositions() * gradient.rowStride());
        int step = Math.toIntExact(in.rowStride());
        long g = Raw.address(gradient.data, 0, gradient.data.byteSize());
        long x = Raw.address(in.data, 0, reach(all));
        int rowStep = (end - tap) * PARTIAL;
        long sums = Raw.address(partials, partialsOf(part), (long) (to - from) * rowStep);
        for (int row = from; row < to; row += ROWS) {
            long rowSums = sums + (long) (row - from) * rowStep;
            long rowGradient = g + (long) row * gStep;
            int whole = row + ROWS <= to ? (end - tap) / TAPS * TAPS : 0;
            for (int lane = 0; lane < PARTIAL; lane += BYTES) {
                for (int t = 0; t < whole; t += TAPS) {
                    long to0 = rowSums + (long) t * PARTIAL + lane;
                    if (ROWS == 4) {
                        ConvolutionGradientKernels.block4x4(
                                all, run, runEnd, rowGradient, gStep, x, offsets, tap + t, step, to0, rowStep);
                    } else {
                        ConvolutionGradientKernels.block2x4(
                                all,
                                run,
                                runEnd,
                                rowGradient + lane,
                                gStep,
                                x + lane,
                                offsets,
                                tap + t,
                                step,
                                to0,
                                rowStep);
                    }
                }
            }
            int[] rest = edges[part];
            rest[0] = tap + whole;
            rest[1] = end;
            for (int each = row; each < Math.min(to, row + ROWS) && whole < end - tap; each++) {
                long to0 = sums + (long) (each - from) * rowStep + (long) whole * PARTIAL;
                edge(all, run, runEnd, g + (long) each * gStep, x, rest, to0);
            }
        }
    }

    /** What blocks leave over: one output channel, its weights one after the other, as a row of a structure. */
    private void edge(Runs all, int run, int runEnd, long g, long x, int[] rest, long sums) {
        int step = Math.toIntExact(in.rowStride());
        for (int each = run; each < runEnd; each++) {
            for (int at = 0; at < all.bytes; ) {
                int sixteens = Math.min(8, Integer.highestOneBit((all.bytes - at) / PARTIAL));
                for (int lane = 0; lane < PARTIAL; lane += BYTES) {
                    ConvolutionGradientKernels.add(
                            sixteens,
                            rest,
                            offsets,
                            0,
                            1,
                            g + all.gradient[each] + at + lane,
                            0,
                            x + all.input[each] + at + lane,
                            step,
                            sums + lane);
                }
                at += sixteens * PARTIAL;
            }
        }
    }

    /** Bytes of the input from its start to the end of what the last tap of the last run reads. */
    private long reach(Runs all) {
        long last = 0;
        for (long start : all.input) {
            last = Math.max(last, start);
        }
        return last + (span - 1L) * in.rowStride() + all.bytes;
    }

    // ---- sparse

    private void sparseRows(TapClasses taps, int part, int parts, long at) {
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
        SparseConvolutionKernels.Operands io = sparse[part];
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
                    SparseConvolutionKernels.add(sixteens, io, from, to);
                }
            }
            sixteen += sixteens;
        }
    }
}
