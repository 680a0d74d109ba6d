package dev.gossamer.cpu;

import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.USER;

import dev.gossamer.cpu.OuterProductGradient.Part;
import dev.gossamer.engine.Geometry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Stored elements of an input in lists, one for each input channel, band and kind of position ({@link OuterProductBands}), in
 * the order of (row, column, image): the value of each, and what its last tap leads to.
 */
final class StoredInput implements OuterProductGradient.Input {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private final CpuWorkspace workspace;
    private final Geometry geometry;
    private final int vectors;

    /** Of an image in a grid. */
    private final int imageBytes;

    private OuterProductBands bands;
    private CpuTensor like;

    /** For each position of a band its kind, and the number in the grid of what its last tap leads to. */
    private int[] kinds = new int[0];

    private int[] targets = new int[0];
    private int[] starts = new int[0];
    private int[] next = new int[0];
    private long places;
    private long offsets;
    private long values;

    @SuppressWarnings("NullAway.Init") // set before each run
    StoredInput(CpuWorkspace workspace, Geometry geometry, int width) {
        this.workspace = workspace;
        this.geometry = geometry;
        this.vectors = width / Lanes.COUNT;
        this.imageBytes = width * Float.BYTES;
    }

    /** Makes the lists of a tensor. */
    void of(CpuSparseTensor x, int batch, OuterProductBands of) {
        like = x.source(batch);
        if (bands != of) {
            bands = of;
            tables();
        }
        long stored = Raw.address(x.values(), 0, 4L * x.count());
        boolean sorts = bands.kinds() > 1;
        long array = 4L * (x.count() + 16); // what is written by vectors needs room behind it
        MemorySegment memory = workspace.scratch(CpuWorkspace.Scratch.PADDED, sorts ? 3 * array : array);
        offsets = Raw.address(memory, 0, memory.byteSize());
        places = offsets + array;
        values = sorts ? places + array : stored;
        int perRow = like.pitch() * (like.block / 16);
        int planes = CpuTensor.blocks(batch, like.block) * geometry.inChannels();
        long bits = Raw.address(x.bits(), 0, 2L * planes * like.planePositions() * (like.block / 16));
        int lists = planes * bands.bands() * bands.kinds();
        if (starts.length <= lists) {
            starts = new int[lists + 1];
        }
        int found = 0;
        int list = 0;
        for (int plane = 0; plane < planes; plane++) {
            long top = (long) plane * like.planePositions() * (like.block / 16) + (long) like.halo * perRow;
            for (int y = 0; y < geometry.inHeight(); y += bands.rows()) {
                int rows = Math.min(bands.rows(), geometry.inHeight() - y);
                long its = bits + 2 * (top + (long) y * perRow);
                starts[list] = found;
                found += sorts ? sort(its, rows * perRow, stored, found, list) : locate(its, rows, perRow, found);
                list += bands.kinds();
            }
        }
        starts[list] = found;
    }

    private void tables() {
        int positions = bands.rows() * like.pitch();
        kinds = new int[positions];
        targets = new int[positions];
        next = new int[bands.kinds()];
        for (int position = 0; position < positions; position++) {
            int y = position / like.pitch();
            int x = position % like.pitch() - like.halo;
            if (x >= 0 && x < geometry.inWidth()) {
                kinds[position] = bands.kind(y, x);
                targets[position] = bands.target(y, x);
            }
        }
    }

    /** The elements of a channel in a band, all of one kind: the numbers of a row's targets ascend by one. */
    private int locate(long bits, int rows, int perRow, int first) {
        int found = 0;
        for (int row = 0; row < rows; row++) {
            int from = (bands.target(row, 0) - like.halo) * like.block * imageBytes;
            long to = offsets + 4L * (first + found);
            found += MagnitudeKernels.locate(bits + 2L * row * perRow, perRow, from, imageBytes, to);
        }
        return found;
    }

    /**
     * The elements of a channel in a band, sorted by kinds.
     *
     * @param stored address of all elements
     * @param first number of the first of these
     * @param list the first of their lists
     */
    private int sort(long bits, int sixteens, long stored, int first, int list) {
        int shift = Integer.numberOfTrailingZeros(like.block);
        int image = like.block - 1;
        int count = MagnitudeKernels.locate(bits, sixteens, 0, 1, places);
        Arrays.fill(next, 0);
        for (int i = 0; i < count; i++) {
            next[kinds[(ALL.get(INT, (places + 4L * i) & USER) & INDEX) >>> shift]]++;
        }
        int sum = first;
        for (int kind = 0; kind < next.length; kind++) {
            int its = next[kind];
            starts[list + kind] = sum;
            next[kind] = sum;
            sum += its;
        }
        long from = stored + 4L * first;
        for (int i = 0; i < count; i++) {
            int place = ALL.get(INT, (places + 4L * i) & USER) & INDEX;
            int to = next[kinds[place >>> shift]]++;
            int target = targets[place >>> shift] * like.block + (place & image);
            ALL.set(INT, (offsets + 4L * to) & USER, target * imageBytes);
            ALL.set(INT, (values + 4L * to) & USER, ALL.get(INT, (from + 4L * i) & USER));
        }
        return count;
    }

    @Override
    public void multiply(Part part, int batchBlock, int band, int from, int to) {
        OuterProductKernels.Operands io = part.lists;
        io.starts = starts;
        io.nextChannel = bands.bands() * bands.kinds();
        io.offsets = offsets;
        io.values = values;
        io.gradient = part.turned.address();
        io.position = like.block * imageBytes;
        io.row = bands.cols() * io.position;
        io.channelSums = part.sums.channelBytes();
        io.down = bands.down() * imageBytes;
        io.across = bands.across() * imageBytes;
        for (int kind = 0; kind < bands.kinds(); kind++) {
            int tapRows = bands.tapRows(kind);
            int tapCols = bands.tapCols(kind);
            if (tapRows > 0 && tapCols > 0) {
                io.list = (batchBlock * geometry.inChannels() + from) * io.nextChannel + band * bands.kinds() + kind;
                io.sums = part.sums.address(bands.lastTap(kind));
                OuterProductKernels.add(tapRows, tapCols, vectors, io, to - from);
            }
        }
    }
}
