package dev.gossamer.cpu;

import dev.gossamer.cpu.PatternPlan.Csr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The grid of a sparse {@link ConvolutionPass} by classes of positions from which the same taps lead into the plane, and for
 * each class the entries of the pattern with these taps. At the rim of a plane all others multiply zeros of the halo: more than
 * half of a 3x3 convolution of 2x2, a third of one of 4x4. Leaving them out changes no sum of finite weights, but for the sign
 * of a zero. Planes wider than {@link #WIDEST} are split by rows only, as tiles would become narrow, and the tallest not at
 * all.
 *
 * <p>Entries are cut into parts by input channels where an output channel has enough of them: the inputs that one part of all
 * output channels reads from a tile then stay in the first-level cache.
 *
 * <p>Immutable and shared, as its structure is; but see the second constructor.
 */
final class TapClasses {

    /** The tallest grid that is split by rows, and the widest that is split by columns. */
    private static final int TALLEST = 16;

    private static final int WIDEST = 2;

    /** A part has at least so many input channels, and on average so many entries of an output channel. */
    private static final int CHANNELS = 24;

    private static final int ENTRIES = 16;

    /** Below so many entries on average, rows are short. */
    private static final int SHORT = 24;

    /**
     * Entries of a class.
     *
     * @param packed for each entry eight bytes, off-heap: its column in the upper half, the bytes from the first value of its row
     *     to its own in the lower half
     * @param columns where the class has all entries of the structure, their columns once more, 32 bits each; their values follow each
     *     other in the same order
     * @param bounds for each part the first entry of each row, and behind the last part the end of each row
     */
    @SuppressWarnings("ArrayRecordComponent") // private to the kernels, never compared
    record Entries(MemorySegment packed, @Nullable MemorySegment columns, int[] bounds) {}

    private final Csr structure;
    private final int plane;
    private final int channels;
    private final int[] rowClass;
    private final int[] colClass;
    private final Entries[][] classes;

    /** How many parts entries are cut into. */
    final int parts;

    /** Whether rows are so short that their ends count; then there is one part. */
    final boolean isShort;

    /** As {@link Entries#bounds}, of the structure. */
    final int[] whole;

    /**
     * @param structure of the pass
     * @param pitch positions from row to row of the input
     * @param plane positions from channel to channel of the input
     * @param height rows of the input, without halo
     * @param width columns of the input, likewise
     */
    TapClasses(ConvolutionPass pass, Csr structure, int pitch, int plane, int height, int width) {
        this.structure = structure;
        this.plane = plane;
        this.channels = (structure.cols + plane - 1) / plane;
        boolean[][] rows = reached(pass.rows(), pass.inY(), pass.inStep(), pass.tapY(), height, TALLEST);
        boolean[][] cols = reached(pass.cols(), pass.inX(), pass.inStep(), pass.tapX(), width, WIDEST);
        rowClass = classes(rows);
        colClass = classes(cols);
        boolean[][][] meets = new boolean[count(rowClass)][count(colClass)][plane];
        int[] offsets = pass.offsets(pitch);
        for (int row = 0; row < rows.length; row++) {
            for (int col = 0; col < cols.length; col++) {
                for (int t = 0; t < offsets.length; t++) {
                    meets[rowClass[row]][colClass[col]][offsets[t]] = rows[row][t] && cols[col][t];
                }
            }
        }
        int most = Arrays.stream(meets)
                .flatMap(Arrays::stream)
                .mapToInt(this::entriesOf)
                .max()
                .orElse(0);
        int perPart = Math.max(CHANNELS, (int) Math.ceil((double) ENTRIES * channels * structure.rows / most));
        parts = most == 0 ? 1 : Math.max(1, channels / perPart);
        isShort = parts == 1 && most < SHORT * structure.rows;
        boolean[] all = new boolean[plane];
        Arrays.fill(all, true);
        whole = bounds(all, structure.rowPtr[0], null);
        classes = Arrays.stream(meets)
                .map(row -> Arrays.stream(row).map(this::entries).toArray(Entries[]::new))
                .toArray(Entries[][]::new);
    }

    /**
     * One class and one part for a structure whose entries are written anew by whoever owns the memory: zeros of the halo are
     * multiplied with the rest.
     */
    TapClasses(ConvolutionPass pass, Csr structure, Entries entries) {
        this.structure = structure;
        this.plane = 1;
        this.channels = structure.cols;
        this.rowClass = new int[pass.rows()];
        this.colClass = new int[pass.cols()];
        this.parts = 1;
        this.isShort = false;
        this.whole = entries.bounds;
        this.classes = new Entries[][] {{entries}};
    }

    /** An entry as {@link Entries} has it, the {@code number}-th of its row. */
    static long packed(int number, int column) {
        return ((long) column << 32) | Math.multiplyExact(4, number);
    }

    /** For each grid row or column and each tap whether it leads to one of the plane. */
    static boolean[][] reached(int count, int start, int step, int[] taps, int size, int largest) {
        boolean[][] reached = new boolean[count][taps.length];
        for (int i = 0; i < count; i++) {
            for (int t = 0; t < taps.length; t++) {
                int at = start + i * step + taps[t];
                reached[i][t] = count > largest || (at >= 0 && at < size);
            }
        }
        return reached;
    }

    static int[] classes(boolean[][] reached) {
        Map<String, Integer> known = new HashMap<>();
        int[] classOf = new int[reached.length];
        for (int i = 0; i < reached.length; i++) {
            classOf[i] = known.computeIfAbsent(Arrays.toString(reached[i]), key -> known.size());
        }
        return classOf;
    }

    static int count(int[] classOf) {
        return Arrays.stream(classOf).max().orElse(-1) + 1;
    }

    private int entriesOf(boolean[] meets) {
        int count = 0;
        for (int p = structure.rowPtr[0]; p < structure.rowPtr[structure.rows]; p++) {
            count += meets[structure.colIdx[p] % plane] ? 1 : 0;
        }
        return count;
    }

    private Entries entries(boolean[] meets) {
        int count = entriesOf(meets);
        MemorySegment packed = Arena.ofAuto().allocate(Math.max(1, 8L * count), Memory.ALIGNMENT);
        boolean whole = count == structure.entries() && count <= SparseConvolutionKernels.LENGTH;
        MemorySegment columns = whole ? columns() : null;
        return new Entries(packed, columns, bounds(meets, 0, packed));
    }

    private MemorySegment columns() {
        int count = structure.entries();
        MemorySegment columns = Arena.ofAuto().allocate(Math.max(1, 4L * count), Memory.ALIGNMENT);
        MemorySegment.copy(structure.colIdx, structure.rowPtr[0], columns, ValueLayout.JAVA_INT, 0, count);
        return columns;
    }

    /**
     * Goes over the entries in their order.
     *
     * @param meets which of them count
     * @param first number of the first of these
     * @param packed where to note them
     */
    private int[] bounds(boolean[] meets, int first, @Nullable MemorySegment packed) {
        int rows = structure.rows;
        int[] bounds = new int[(parts + 1) * rows];
        int at = first;
        for (int row = 0; row < rows; row++) {
            int start = structure.rowPtr[row];
            int part = 0;
            bounds[row] = at;
            for (int p = start; p < structure.rowPtr[row + 1]; p++) {
                int column = structure.colIdx[p];
                if (meets[column % plane]) {
                    for (; (long) (column / plane) * parts / channels > part; part++) {
                        bounds[(part + 1) * rows + row] = at;
                    }
                    if (packed != null) {
                        packed.setAtIndex(ValueLayout.JAVA_LONG, at, packed(p - start, column));
                    }
                    at++;
                }
            }
            for (; part < parts; part++) {
                bounds[(part + 1) * rows + row] = at;
            }
        }
        return bounds;
    }

    Entries at(int row, int col) {
        return classes[rowClass[row]][colClass[col]];
    }

    /** The first column behind {@code col} of another class. */
    int runEnd(int col) {
        int end = col + 1;
        while (end < colClass.length && colClass[end] == colClass[col]) {
            end++;
        }
        return end;
    }

    long sizeBytes() {
        long bytes = 4L * whole.length;
        for (Entries[] each : classes) {
            for (Entries entries : each) {
                bytes += entries.packed.byteSize() + 4L * entries.bounds.length;
                bytes += entries.columns == null ? 0 : entries.columns.byteSize();
            }
        }
        return bytes;
    }
}
