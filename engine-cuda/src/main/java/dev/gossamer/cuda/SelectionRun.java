package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaWorkspace.Scratch;
import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The kernels of Selection.cu over a group of numbers in device memory, in the order that a selection takes them. Prefix,
 * rank, tie counts and histogram stay on the device; {@link #download} fetches the result and waits.
 *
 * <p>One scratch buffer holds everything: the state, a bit per position, the tie counts of all chunks, the histogram. State
 * and bits stand first, so that one copy fetches both.
 */
final class SelectionRun {

    // As in Selection.cu.
    private static final int THREADS = 256;
    private static final int CHUNK = 1024;
    private static final int WARP = 32;
    private static final int BUCKETS = 2048;
    /** Positions that one block counts: enough to outweigh the clearing and adding up of its own histogram. */
    private static final int COUNTED_PER_BLOCK = 32 * THREADS;

    private static final int[] DIGIT_SHIFTS = {20, 10, 0};
    private static final int[] DIGIT_BITS = {11, 10, 10};

    /** Bytes before the bits; the state needs 24 of them. */
    private static final long HEADER = 256;

    private static final long NAN_AT = 0;
    private static final long RANK_AT = 8;
    private static final long PREFIX_AT = 16;
    private static final long CHUNK_BITS = CHUNK / Byte.SIZE;

    /**
     * Numbers side by side on the device.
     *
     * @param values address of the first
     * @param bits address of the words that tell which positions count; 0 where all do
     * @param count positions
     */
    record Part(long values, long bits, long count) {

        private long chunks() {
            return (count + CHUNK - 1) / CHUNK;
        }
    }

    private final CudaWorkspace workspace;
    private final List<Part> parts;
    private final long chunks;
    private final DeviceBuffer state;
    private final long kept;
    private final long ties;
    private final long histogram;

    SelectionRun(CudaWorkspace workspace, List<Part> parts) {
        this.workspace = workspace;
        this.parts = parts;
        this.chunks = parts.stream().mapToLong(Part::chunks).sum();
        long bytes = HEADER + chunks * (CHUNK_BITS + Long.BYTES) + (long) BUCKETS * Long.BYTES;
        this.state = workspace.scratch(Scratch.SELECTION, bytes);
        this.kept = state.address() + HEADER;
        this.ties = kept + chunks * CHUNK_BITS;
        this.histogram = ties + chunks * Long.BYTES;
    }

    /** Finds the k-th magnitude; k = 0 gives one above all. Looks for NaN on the way. */
    SelectionRun findThreshold(long k) {
        begin(k);
        for (int digit = 0; digit < DIGIT_SHIFTS.length; digit++) {
            long first = 0;
            for (Part part : parts) {
                countDigit(part, first, digit);
                first += part.count;
            }
            workspace
                    .launch()
                    .kernel("selection_choose")
                    .p(state)
                    .p(histogram)
                    .i(DIGIT_SHIFTS[digit])
                    .i(DIGIT_BITS[digit])
                    .blocks(1, THREADS);
        }
        return this;
    }

    private void begin(long k) {
        workspace.launch().kernel("selection_begin").p(state).p(histogram).l(k).blocks(1, THREADS);
    }

    private void countDigit(Part part, long first, int digit) {
        workspace
                .launch()
                .kernel("selection_histogram")
                .p(part.values)
                .l(part.count)
                .l(first)
                .i(DIGIT_SHIFTS[digit])
                .i(DIGIT_BITS[digit])
                .p(state)
                .p(histogram)
                .blocks((part.count + COUNTED_PER_BLOCK - 1) / COUNTED_PER_BLOCK, THREADS);
    }

    /** Marks what the threshold found before keeps: what is larger, and its equals of lowest index over all parts. */
    SelectionRun markKept() {
        long before = 0;
        for (Part part : parts) {
            withTies("selection_count_ties", part, before).grid1d(part.chunks() * WARP, THREADS);
            before += part.chunks();
        }
        workspace.launch().kernel("selection_scan_ties").p(ties).l(chunks).blocks(1, THREADS);
        before = 0;
        for (Part part : parts) {
            withTies("selection_keep", part, before)
                    .p(kept + before * CHUNK_BITS)
                    .grid1d(part.chunks() * WARP, THREADS);
            before += part.chunks();
        }
        return this;
    }

    /** A launch over a part and its tie counts, after those of {@code before} chunks. */
    private Launch withTies(String kernel, Part part, long before) {
        return workspace
                .launch()
                .kernel(kernel)
                .p(part.values)
                .p(part.bits)
                .l(part.count)
                .p(state)
                .p(ties + before * Long.BYTES);
    }

    /** Marks the numbers of the one part with {@code |x| >= threshold}, and looks for NaN. */
    SelectionRun markAtLeast(float threshold) {
        begin(0);
        Part part = parts.getFirst();
        workspace
                .launch()
                .kernel("sparsify_flags")
                .p(part.values)
                .l(part.count)
                .f(threshold)
                .p(state)
                .p(kept)
                .grid1d(part.chunks() * WARP, THREADS);
        return this;
    }

    /** Keeps the threshold found before, for {@link #markAgain}. */
    SelectionRun note(DeviceBuffer threshold) {
        workspace.launch().kernel("compression_note").p(state).p(threshold).blocks(1, WARP);
        return this;
    }

    /**
     * Marks what reaches the threshold of before, of the one part, if there is one and no more than {@code room} elements do;
     * else the marks and the threshold stay that this has found.
     */
    SelectionRun markAgain(DeviceBuffer threshold, long room) {
        Part part = parts.getFirst();
        workspace
                .launch()
                .kernel("compression_count_again")
                .p(part.values)
                .l(part.count)
                .p(threshold)
                .p(ties)
                .grid1d(part.chunks() * WARP, THREADS);
        workspace
                .launch()
                .kernel("compression_decide")
                .p(ties)
                .l(chunks)
                .l(room)
                .p(state)
                .p(threshold)
                .blocks(1, THREADS);
        workspace
                .launch()
                .kernel("compression_keep_again")
                .p(part.values)
                .l(part.count)
                .p(state)
                .p(threshold)
                .p(kept)
                .grid1d(part.chunks() * WARP, THREADS);
        return this;
    }

    /** Stores what is marked of the one part, a matrix of {@code batch} columns. Does not wait; the tie counts are gone. */
    void store(int batch, CudaSparseTensor to) {
        Part part = parts.getFirst();
        workspace
                .launch()
                .kernel("compression_count")
                .p(kept)
                .l(part.count)
                .p(ties)
                .grid1d(part.chunks() * WARP, THREADS);
        workspace.launch().kernel("selection_scan_ties").p(ties).l(chunks).blocks(1, THREADS);
        workspace
                .launch()
                .kernel("compression_store")
                .p(part.values)
                .l(part.count)
                .i(batch)
                .p(kept)
                .p(ties)
                .p(to.rowPtr())
                .p(to.rows())
                .p(to.cols())
                .p(to.values())
                .grid1d(part.chunks() * WARP, THREADS);
    }

    /** What was found, without the marks. Waits. */
    Found found(Arena arena) {
        return download(arena, HEADER);
    }

    /** What was found and the marks. Waits. */
    Found marked(Arena arena) {
        return download(arena, HEADER + chunks * CHUNK_BITS);
    }

    private Found download(Arena arena, long bytes) {
        MemorySegment host = arena.allocate(bytes, Long.BYTES);
        workspace.download(state, host, bytes);
        return new Found(host, parts);
    }

    /** A result on the host, alive as long as its arena. */
    record Found(MemorySegment host, List<Part> parts) {

        /** The lowest index over all parts, positions that do not count included, that holds NaN; negative: none. */
        long nan() {
            return host.get(ValueLayout.JAVA_LONG, NAN_AT);
        }

        MagnitudeSelection.Threshold threshold() {
            return new MagnitudeSelection.Threshold(
                    host.get(ValueLayout.JAVA_INT, PREFIX_AT), host.get(ValueLayout.JAVA_LONG, RANK_AT));
        }

        /** The marks of one part as a bit set, see {@code SparsityPattern.fromBits}. */
        long[] kept(int number) {
            long before = 0;
            for (Part part : parts.subList(0, number)) {
                before += part.chunks();
            }
            long words = (parts.get(number).count + Long.SIZE - 1) / Long.SIZE;
            return host.asSlice(HEADER + before * CHUNK_BITS, words * Long.BYTES)
                    .toArray(ValueLayout.JAVA_LONG);
        }
    }
}
