package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Geometry;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * The gradient of all weights of a convolution from the stored elements of its input alone: each of them times the output
 * gradients that its taps lead to, a block of output channels side by side.
 *
 * <p>A band of rows of the gradient is turned for that, and stays in the second-level cache while the elements of all input
 * channels pass ({@link TurnedGradient}, {@link StoredElements}). The sums, {@code [input channel][tap][output channel]}, are
 * turned into the weights' order at the end.
 *
 * <p>Sum order, the same for every vector width and number of threads: a weight's sum is one chain over the stored elements of
 * its input channel in ascending (block of the batch, row, column, image).
 */
final class OuterProductGradient implements Workers.Parts {

    /** For a band of the gradient: it and the sums are a part of the second-level cache. */
    private static final int BAND = 448 * 1024;

    private static final int SUMS = 256 * 1024;

    /** Sums that are turned back together: runs of four lines in the weights. */
    private static final int TILE = 64;

    private final CpuWorkspace workspace;
    private final Geometry geometry;
    private final int taps;

    /** Output channels of a block, and their bytes. */
    private final int width;

    private final int bytes;

    private final int blocks;

    /** Input channels whose sums are kept at a time. */
    private final int group;

    private final StoredElements elements;
    private final TurnedGradient[] turned;
    private final OuterProductKernels.Operands[] operands;

    // Set up anew for every run; bands as long as the batch has the same blocks.
    private OuterProductBands bands;
    private int bandsFor;
    private CpuTensor gradient;
    private CpuValues out;
    private float beta;
    private MemorySegment sums = MemorySegment.NULL;
    private long sumsBytes;

    @SuppressWarnings("NullAway.Init") // set before each run
    OuterProductGradient(CpuWorkspace workspace, Geometry geometry) {
        this.workspace = workspace;
        this.geometry = geometry;
        this.taps = geometry.kernelHeight() * geometry.kernelWidth();
        this.width = COUNT * OuterProductKernels.vectors(geometry);
        this.bytes = width * Float.BYTES;
        this.blocks = (geometry.outChannels() + width - 1) / width;
        this.group = Math.min(geometry.inChannels(), Math.max(1, SUMS / (taps * bytes)));
        this.elements = new StoredElements(workspace, geometry);
        this.turned = new TurnedGradient[workspace.threads()];
        Arrays.setAll(turned, part -> new TurnedGradient(geometry, width));
        this.operands = new OuterProductKernels.Operands[workspace.threads()];
        Arrays.setAll(operands, part -> new OuterProductKernels.Operands());
    }

    /**
     * All weights, those outside a pattern set back to zero afterwards.
     *
     * @param x in blocks of the batch as gy has them
     * @param gy lanes behind the batch are +0.0
     */
    void run(CpuSparseTensor x, CpuTensor gy, float scale, CpuValues gw) {
        gradient = gy;
        beta = scale;
        out = gw;
        if (bandsFor != gy.block) {
            bands = new OuterProductBands(geometry, BAND, gy.block * bytes);
            bandsFor = gy.block;
        }
        elements.of(x, gy.batch, bands, bytes);
        int parts = workspace.parts(2.0 * x.count() * taps * geometry.outChannels());
        sumsBytes = ((long) group * taps + 2L * TILE) * bytes; // the last tile of sums may be broken, and one is turned
        sums = workspace.scratch(Scratch.TILES, parts * sumsBytes);
        long grid = (long) bands.gridRows() * bands.cols() * gy.block * bytes;
        MemorySegment grids = workspace.scratch(Scratch.PANELS, parts * grid);
        for (int part = 0; part < parts; part++) {
            long at = Raw.address(grids, part * grid, grid);
            turned[part].of(gy, bands, at);
            operands(operands[part], at);
        }
        if (parts == 1) {
            run(0, 1);
        } else {
            workspace.workers().run(parts, this);
        }
        gw.clearOutside();
    }

    private void operands(OuterProductKernels.Operands io, long grid) {
        io.starts = elements.starts();
        io.nextChannel = elements.listsOfChannel();
        io.offsets = elements.offsets();
        io.values = elements.values();
        io.gradient = grid;
        io.row = bands.cols() * gradient.block * bytes;
        io.position = gradient.block * bytes;
        io.channelSums = taps * bytes;
        io.down = bands.down() * bytes;
        io.across = bands.across() * bytes;
    }

    /** Blocks of output channels, and where these are fewer than threads, parts of the input channels. */
    @Override
    public void run(int part, int parts) {
        int split = (parts + blocks - 1) / blocks;
        int tasks = blocks * split;
        int channels = geometry.inChannels();
        for (int task = tasks * part / parts; task < tasks * (part + 1) / parts; task++) {
            int end = channels * (task % split + 1) / split;
            for (int from = channels * (task % split) / split; from < end; from += group) {
                group(task / split, from, Math.min(end, from + group), part);
            }
        }
    }

    /** A block of output channels by input channels {@code from .. to - 1}. */
    private void group(int block, int from, int to, int part) {
        long its = Raw.address(sums, part * sumsBytes, sumsBytes);
        TurnedGradient.zero(its, (long) (to - from) * taps * bytes);
        int batchBlocks = CpuTensor.blocks(gradient.batch, gradient.block);
        for (int batchBlock = 0; batchBlock < batchBlocks; batchBlock++) {
            for (int band = 0; band < bands.bands(); band++) {
                turned[part].turn(block, batchBlock, band);
                for (int kind = 0; kind < bands.kinds(); kind++) {
                    multiply(operands[part], kind, elements.list(batchBlock, from, band, kind), to - from, its);
                }
            }
        }
        turnBack(block, from * taps, (to - from) * taps, its);
    }

    private void multiply(OuterProductKernels.Operands io, int kind, int list, int channels, long its) {
        int tapRows = bands.tapRows(kind);
        int tapCols = bands.tapCols(kind);
        if (tapRows > 0 && tapCols > 0) {
            io.list = list;
            io.sums = its + (long) bands.lastTap(kind) * bytes;
            OuterProductKernels.add(tapRows, tapCols, width / COUNT, io, channels);
        }
    }

    /**
     * Adds sums to the weights.
     *
     * @param first column of the weight matrix for the first of {@code count} sums
     */
    private void turnBack(int block, int first, int count, long from) {
        int channels = Math.min(width, geometry.outChannels() - block * width);
        int cols = geometry.cols();
        long tile = from + sumsBytes - (long) TILE * bytes;
        long gw = Raw.address(out.data, 0, 4L * geometry.size());
        for (int col = 0; col < count; col += TILE) {
            Transposition.panel(from + (long) col * bytes, bytes, TILE, width, tile, TILE * Float.BYTES);
            long to = gw + 4L * ((long) block * width * cols + first + col);
            int some = Math.min(TILE, count - col);
            for (int channel = 0; channel < channels; channel++) {
                add(tile + (long) channel * TILE * Float.BYTES, some, to + 4L * channel * cols);
            }
        }
    }

    private void add(long from, int count, long to) {
        int whole = count - count % COUNT;
        for (int i = 0; i < whole; i += COUNT) {
            FloatVector sum = fromMemorySegment(F, ALL, (from + 4L * i) & USER, LITTLE_ENDIAN);
            if (beta != 0) {
                sum = fromMemorySegment(F, ALL, (to + 4L * i) & USER, LITTLE_ENDIAN)
                        .fma(FloatVector.broadcast(F, beta), sum);
            }
            sum.intoMemorySegment(ALL, (to + 4L * i) & USER, LITTLE_ENDIAN);
        }
        for (int i = whole; i < count; i++) {
            float sum = ALL.get(UNCHECKED, (from + 4L * i) & USER);
            long its = (to + 4L * i) & USER;
            ALL.set(UNCHECKED, its, beta == 0 ? sum : Math.fma(ALL.get(UNCHECKED, its), beta, sum));
        }
    }
}
