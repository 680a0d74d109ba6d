package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;

import dev.gossamer.cpu.PatternPlan.Csr;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The selected weights of a layer as products read them: rows of positions with their values, and on demand the transpose, by a
 * counting sort. All in memory of a fixed size, written anew by every compression: a pass over all weights and one or two over
 * those that stay.
 */
final class CpuSparseWeights implements SparseWeights {

    /** No threshold yet. */
    private static final int NONE = -1;

    /** Above the magnitude bits of all numbers. */
    private static final int NOTHING = Integer.MAX_VALUE;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfChar CHAR = ValueLayout.JAVA_CHAR_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final CpuWorkspace owner;
    private final Geometry geometry;
    private final int capacity;
    private final MemorySegment flat;
    private final MemorySegment values;
    private final int[] positions;
    private final int[] rowPtr;
    private final Csr forward;

    /** Entries and their bounds as a convolution's kernels read them; null in a linear layer. */
    private final TapClasses.@Nullable Entries entries;

    private final @Nullable TapClasses forwardClasses;
    private @Nullable Backward backward;
    private int threshold = NONE;

    CpuSparseWeights(CpuWorkspace owner, Geometry geometry, long capacity) {
        if (geometry.size() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "Sparse weights of " + geometry + " are chosen among more than 2^31-1, the limit of their indices");
        }
        this.owner = owner;
        this.geometry = geometry;
        this.capacity = (int) capacity;
        this.flat = owner.memory().allocate((capacity + COUNT) * Integer.BYTES);
        this.values = owner.memory().allocate((capacity + COUNT) * Float.BYTES);
        this.positions = inputPositions();
        this.rowPtr = new int[geometry.rows() + 1];
        this.forward = new Csr(geometry.rows(), span(positions), rowPtr, new int[this.capacity], narrow(this.capacity));
        this.entries = geometry.isLinear() ? null : entries(packed(), geometry.rows());
        this.forwardClasses =
                entries == null ? null : new TapClasses(ConvolutionPass.forward(geometry), forward, entries);
    }

    private MemorySegment packed() {
        return owner.memory().allocate((capacity + 1L) * Long.BYTES);
    }

    private static TapClasses.Entries entries(MemorySegment packed, int rows) {
        return new TapClasses.Entries(packed, null, new int[2 * rows]);
    }

    /** For each column the position of the input that it meets. */
    private int[] inputPositions() {
        if (geometry.isLinear()) {
            return IntStream.range(0, geometry.cols()).toArray();
        }
        PaddedInput input = ConvolutionProduct.input(owner, geometry);
        return ConvolutionPass.forward(geometry).offsets(geometry.inChannels(), input.pitch(), input.plane());
    }

    private BackwardSlots slots() {
        return geometry.isLinear()
                ? BackwardSlots.linear(geometry.cols())
                : BackwardSlots.convolution(
                        geometry,
                        ConvolutionPass.backward(geometry),
                        ConvolutionProduct.outputGradient(owner, geometry));
    }

    private MemorySegment narrow(int entries) {
        return owner.memory().allocate((entries + (long) COUNT) * Character.BYTES);
    }

    private static int span(int[] positions) {
        return Arrays.stream(positions).max().orElse(-1) + 1;
    }

    // ---- selection

    void compress(CpuWorkspace workspace, CpuValues w, long keep) {
        backwardIsStale();
        int before = threshold;
        threshold = NOTHING;
        if (keep == 0) {
            arrange(0);
            return;
        }
        TopMagnitudes top = workspace.topMagnitudes();
        if (top.find(w.data, w.space.count(), keep, before)) {
            threshold = top.magnitude();
            int count = select(w);
            arrange(count > keep ? selectExactly(w, threshold, top.ties()) : count);
        } else {
            Threshold ofAll = sorted(w, keep);
            threshold = ofAll.magnitudeBits();
            arrange(selectExactly(w, threshold, ofAll.tiesKept()));
        }
    }

    void compressAgain(CpuWorkspace workspace, CpuValues w, long keep) {
        if (threshold == NONE) {
            compress(workspace, w, keep);
            return;
        }
        int count = select(w);
        if (count > capacity) {
            compress(workspace, w, keep);
            return;
        }
        backwardIsStale();
        arrange(count);
    }

    private void backwardIsStale() {
        Backward made = backward;
        if (made != null) {
            made.stale = true;
        }
    }

    /** Writes what is neither 0 nor below the threshold, and says how much that is, be it too much. */
    private int select(CpuValues w) {
        long floats = w.paddedCount();
        return MagnitudeKernels.select(
                Raw.address(w.data, 0, floats * Float.BYTES),
                Math.toIntExact(floats / COUNT),
                Math.max(threshold, 1),
                Raw.address(flat, 0, (capacity + (long) COUNT) * Integer.BYTES),
                Raw.address(values, 0, (capacity + (long) COUNT) * Float.BYTES),
                capacity);
    }

    /** Writes what is above a bound and the first {@code equals} at it. */
    private int selectExactly(CpuValues w, int bound, long equals) {
        long ties = equals;
        int count = 0;
        for (int i = 0; i < w.space.count(); i++) {
            float value = w.data.getAtIndex(UNCHECKED, i);
            int bits = Float.floatToRawIntBits(value) & Integer.MAX_VALUE;
            if (bits > bound || (bits == bound && ties-- > 0)) {
                flat.setAtIndex(INT, count, i);
                values.setAtIndex(UNCHECKED, count, value);
                count++;
            }
        }
        return count;
    }

    /** With NaN above all: the long way, as the training has gone wrong. */
    private static Threshold sorted(CpuValues w, long keep) {
        int[] bits = new int[Math.toIntExact(w.space.count())];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = w.data.getAtIndex(INT, i) & Integer.MAX_VALUE;
        }
        Arrays.sort(bits);
        int bound = bits[Math.toIntExact(bits.length - keep)];
        long above = Arrays.stream(bits).filter(each -> each > bound).count();
        return new Threshold(bound, keep - above);
    }

    // ---- structure

    /** Rows and positions of the first entries of {@link #flat}. */
    private void arrange(int count) {
        int cols = geometry.cols();
        long at = Raw.address(flat, 0, 4L * count);
        long narrow = Raw.address(forward.narrow(), 0, 2L * count);
        int row = 0;
        int end = cols;
        rowPtr[0] = 0;
        for (int p = 0; p < count; p++) {
            int index = ALL.get(INT, (at + 4L * p) & USER);
            while (index >= end) {
                rowPtr[++row] = p;
                end += cols;
            }
            int position = positions[index - end + cols];
            forward.colIdx[p] = position;
            ALL.set(CHAR, (narrow + 2L * p) & USER, (char) position);
        }
        Arrays.fill(rowPtr, row + 1, rowPtr.length, count);
        if (entries != null) {
            pack(entries);
        }
    }

    private void pack(TapClasses.Entries to) {
        int rows = geometry.rows();
        System.arraycopy(rowPtr, 0, to.bounds(), 0, rows);
        System.arraycopy(rowPtr, 1, to.bounds(), rows, rows);
        long at = Raw.address(to.packed(), 0, 8L * rowPtr[rows]);
        for (int row = 0; row < rows; row++) {
            int start = rowPtr[row];
            for (int p = start; p < rowPtr[row + 1]; p++) {
                ALL.set(LONG, (at + 8L * p) & USER, TapClasses.packed(p - start, forward.colIdx[p]));
            }
        }
    }

    Csr forward() {
        return forward;
    }

    /** As {@link #forward}, for the kernels of convolutions. */
    TapClasses forwardClasses() {
        return Objects.requireNonNull(forwardClasses, "only convolutions have classes of taps");
    }

    MemorySegment values() {
        return values;
    }

    /** The transposed structure for each pass of an input gradient, with the values in its order. */
    Backward backward() {
        Backward made = backward;
        if (made == null) {
            made = new Backward();
            backward = made;
        }
        if (made.stale) {
            made.renew();
        }
        return made;
    }

    /**
     * Rows are input channels, of each pass one after the other: an entry goes to the row of its slot, in ascending order of
     * output channels and taps.
     */
    final class Backward {

        private final BackwardSlots slots = slots();
        private final MemorySegment values = owner.memory().allocate((capacity + COUNT) * 4L);
        private final int[] colIdx = new int[capacity];
        private final MemorySegment narrow = narrow(capacity);
        private final int[] next = new int[slots.passes() * slots.channels()];
        private final int[][] starts = new int[slots.passes()][slots.channels() + 1];
        private final List<Csr> passes = IntStream.range(0, slots.passes())
                .mapToObj(i -> new Csr(slots.channels(), slots.span(i, geometry.rows()), starts[i], colIdx, narrow))
                .toList();
        private final int[] first = new int[next.length];
        private final @Nullable MemorySegment packed = geometry.isLinear() ? null : packed();
        private final List<TapClasses> classes = packed == null ? List.of() : classes(packed);
        private boolean stale = true;

        private List<TapClasses> classes(MemorySegment memory) {
            List<ConvolutionPass> all = ConvolutionPass.backward(geometry);
            return IntStream.range(0, all.size())
                    .mapToObj(i -> new TapClasses(all.get(i), passes.get(i), entries(memory, slots.channels())))
                    .toList();
        }

        List<Csr> passes() {
            return passes;
        }

        /** As {@link #passes}, for the kernels of convolutions. */
        List<TapClasses> classes() {
            return classes;
        }

        MemorySegment values() {
            return values;
        }

        private void renew() {
            stale = false;
            count();
            place();
        }

        private void count() {
            Arrays.fill(next, 0);
            int cols = geometry.cols();
            long at = Raw.address(flat, 0, 4L * rowPtr[geometry.rows()]);
            for (int row = 0; row < geometry.rows(); row++) {
                for (int p = rowPtr[row]; p < rowPtr[row + 1]; p++) {
                    int slot = slots.slot(ALL.get(INT, (at + 4L * p) & USER) - row * cols);
                    if (slot >= 0) {
                        next[slot]++;
                    }
                }
            }
            int before = 0;
            int slot = 0;
            for (int[] ofPass : starts) {
                for (int channel = 0; channel < slots.channels(); channel++) {
                    int here = next[slot];
                    ofPass[channel] = before;
                    next[slot++] = before;
                    before += here;
                }
                ofPass[slots.channels()] = before;
            }
            System.arraycopy(next, 0, first, 0, next.length);
            for (int i = 0; i < classes.size(); i++) {
                int[] bounds = classes.get(i).whole;
                System.arraycopy(starts[i], 0, bounds, 0, slots.channels());
                System.arraycopy(starts[i], 1, bounds, slots.channels(), slots.channels());
            }
        }

        private void place() {
            int cols = geometry.cols();
            int plane = slots.plane();
            int entries = rowPtr[geometry.rows()];
            long at = Raw.address(flat, 0, 4L * entries);
            long from = Raw.address(CpuSparseWeights.this.values, 0, 4L * entries);
            long to = Raw.address(values, 0, 4L * entries);
            long narrowAt = Raw.address(narrow, 0, 2L * entries);
            long packedAt = packed == null ? 0 : Raw.address(packed, 0, 8L * entries);
            for (int row = 0; row < geometry.rows(); row++) {
                for (int p = rowPtr[row]; p < rowPtr[row + 1]; p++) {
                    int col = ALL.get(INT, (at + 4L * p) & USER) - row * cols;
                    int slot = slots.slot(col);
                    if (slot < 0) {
                        continue;
                    }
                    int q = next[slot]++ & INDEX;
                    int position = row * plane + slots.offset(col);
                    colIdx[q] = position;
                    ALL.set(CHAR, (narrowAt + 2L * q) & USER, (char) position);
                    if (packed != null) {
                        ALL.set(LONG, (packedAt + 8L * q) & USER, TapClasses.packed(q - first[slot], position));
                    }
                    ALL.set(UNCHECKED, (to + 4L * q) & USER, ALL.get(UNCHECKED, (from + 4L * p) & USER));
                }
            }
        }

        long sizeBytes() {
            return values.byteSize()
                    + narrow.byteSize()
                    + (packed == null ? 0 : packed.byteSize())
                    + 4L * (colIdx.length + 2L * next.length);
        }
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public long capacity() {
        return capacity;
    }

    @Override
    public long sizeBytes() {
        Backward made = backward;
        return flat.byteSize()
                + values.byteSize()
                + forward.narrow().byteSize()
                + (entries == null ? 0 : entries.packed().byteSize())
                + 4L * capacity
                + (made == null ? 0 : made.sizeBytes());
    }

    @Override
    public Object owner() {
        return owner;
    }
}
