package dev.gossamer.cpu;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The grid of a dense {@link ConvolutionPass} by classes of positions from which the same taps lead into the plane, as
 * {@link TapClasses} has it of a sparse one, and for each class what a panel of the reduced dimension consists of. All other
 * taps multiply zeros of the halo: 5/9 of a 3x3 convolution of 2x2, 11/36 of one of 4x4. Leaving them out changes no sum of
 * finite weights, but for the sign of a zero.
 *
 * <p>Immutable, and shared by the threads of its product.
 */
final class DenseTaps {

    /** Numbers of a panel: 36 KiB, 32 channels of a 3x3 kernel. */
    private static final int DEPTH = 36 * 1024 / (2 * Lanes.BYTES);

    /** Kernels of more taps have no classes: their tables would grow with the fourth power of a kernel's height. */
    private static final int MOST_TAPS = 128;

    /** Weights are told apart within a panel by 16 bits. */
    private static final int FARTHEST = Character.MAX_VALUE;

    /**
     * A panel: the taps of some input channels.
     *
     * @param channels of it; the last one has what is left
     * @param taps of each channel
     * @param positions for each of its numbers the position, from that of the first channel on
     * @param offsets for each of its numbers the number of its weight, from the first of the first channel on; empty if
     *     the panel has all taps
     * @param last position of the last tap of a channel
     */
    @SuppressWarnings("ArrayRecordComponent") // private to the kernels, never compared
    record Panel(int channels, int taps, int[] positions, char[] offsets, int last) {

        int depth() {
            return channels * taps;
        }
    }

    private final Panel whole;
    private final Panel[][] panels;
    private final int[] rowClass;

    /** Of tiles within a column, and behind them of those that reach into the next one. */
    private final int[] colClass;

    private final int cols;

    /** Input channels, and taps of each. */
    final int channels;

    final int taps;

    /** Positions from channel to channel. */
    final int plane;

    /** Numbers of the deepest panel. */
    final int depth;

    /**
     * @param channels that are summed
     * @param pitch positions from row to row of the input
     * @param plane positions from channel to channel of the input
     * @param height rows of the input, without halo
     * @param width columns of the input, likewise
     */
    DenseTaps(ConvolutionPass pass, int channels, int pitch, int plane, int height, int width) {
        this.channels = channels;
        this.taps = pass.taps().length;
        this.plane = plane;
        this.cols = pass.cols();
        boolean[][] rows =
                TapClasses.reached(pass.rows(), pass.inY(), pass.inStep(), pass.tapY(), height, Integer.MAX_VALUE);
        boolean[][] columns =
                TapClasses.reached(pass.cols(), pass.inX(), pass.inStep(), pass.tapX(), width, Integer.MAX_VALUE);
        boolean[][] tiles = Arrays.copyOf(columns, 2 * cols);
        for (int col = 0; col < cols; col++) {
            tiles[cols + col] = either(columns[col], columns[Math.min(col + 1, cols - 1)]);
        }
        rowClass = TapClasses.classes(rows);
        colClass = TapClasses.classes(tiles);
        panels = new Panel[TapClasses.count(rowClass)][TapClasses.count(colClass)];
        int[] offsets = pass.offsets(pitch);
        whole = panel(IntStream.range(0, taps).toArray(), offsets);
        for (int row = 0; row < rows.length; row++) {
            for (int tile = 0; tile < tiles.length; tile++) {
                if (panels[rowClass[row]][colClass[tile]] == null) {
                    int[] meeting = meeting(rows[row], tiles[tile]);
                    panels[rowClass[row]][colClass[tile]] =
                            meeting.length == taps || taps > MOST_TAPS ? whole : panel(meeting, offsets);
                }
            }
        }
        depth = Stream.concat(Stream.of(whole), Arrays.stream(panels).flatMap(Arrays::stream))
                .mapToInt(Panel::depth)
                .max()
                .orElse(0);
    }

    private static boolean[] either(boolean[] one, boolean[] other) {
        boolean[] either = one.clone();
        for (int t = 0; t < either.length; t++) {
            either[t] |= other[t];
        }
        return either;
    }

    private static int[] meeting(boolean[] row, boolean[] column) {
        return IntStream.range(0, row.length).filter(t -> row[t] && column[t]).toArray();
    }

    private Panel panel(int[] meeting, int[] offsets) {
        int count = meeting.length;
        boolean all = count == taps;
        int most = all ? channels : Math.min(channels, FARTHEST / taps);
        int together = Math.clamp(DEPTH / Math.max(1, count), 1, most);
        int depth = together * count;
        int[] positions = new int[depth];
        char[] numbers = new char[all ? 0 : depth];
        for (int k = 0; k < depth; k++) {
            int channel = k / count;
            int tap = meeting[k % count];
            positions[k] = channel * plane + offsets[tap];
            if (!all) {
                numbers[k] = (char) (channel * taps + tap);
            }
        }
        int last = Arrays.stream(meeting).map(tap -> offsets[tap]).max().orElse(0);
        return new Panel(together, count, positions, numbers, last);
    }

    /**
     * The panels of a tile.
     *
     * @param col column of its first vector
     * @param second column of its second one, the same or the next; -1 if there is none
     */
    Panel at(int row, int col, int second) {
        // Tiles of one vector are those of small batches; there are no kernels for some of the taps.
        return second < 0 ? whole : panels[rowClass[row]][colClass[second == col ? col : cols + col]];
    }
}
