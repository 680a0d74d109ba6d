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
import org.jspecify.annotations.Nullable;

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

    /** Input channels that do not fill a block of rows. */
    private static final int FEW = 4;

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
    private final GemmKernels.Operands[] dense;

    // Set up anew for every run; bands as long as the batch has the same blocks.
    private OuterProductBands bands;
    private int bandsFor;
    private CpuTensor gradient;
    private CpuValues out;
    private float beta;
    private @Nullable CpuTensor whole;
    private MemorySegment grids = MemorySegment.NULL;
    private long gridBytes;
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
        this.dense = new GemmKernels.Operands[workspace.threads()];
        Arrays.setAll(dense, part -> new GemmKernels.Operands());
    }

    /**
     * All weights, those outside a pattern set back to zero afterwards.
     *
     * @param x in blocks of the batch as gy has them
     * @param gy lanes behind the batch are +0.0
     */
    void run(CpuSparseTensor x, CpuTensor gy, float scale, CpuValues gw) {
        whole = null;
        bands(gy);
        elements.of(x, gy.batch, bands, bytes);
        run(gy, scale, gw, x.count());
    }

    /** The same from all elements: for each tap a product of matrices, without what the tap leads out of the plane. */
    void run(CpuTensor x, CpuTensor gy, float scale, CpuValues gw) {
        whole = x;
        bands(gy);
        run(gy, scale, gw, (double) x.features * x.batch);
    }

    private void bands(CpuTensor gy) {
        if (bandsFor != gy.block) {
            bands = new OuterProductBands(geometry, BAND, gy.block * bytes);
            bandsFor = gy.block;
        }
    }

    private void run(CpuTensor gy, float scale, CpuValues gw, double count) {
        gradient = gy;
        beta = scale;
        out = gw;
        int parts = workspace.parts(2.0 * count * taps * geometry.outChannels());
        sumsBytes = ((long) group * taps + 2L * TILE) * bytes; // the last tile of sums may be broken, and one is turned
        sums = workspace.scratch(Scratch.TILES, parts * sumsBytes);
        gridBytes = (long) bands.gridRows() * bands.cols() * gy.block * bytes;
        grids = workspace.scratch(Scratch.PANELS, parts * gridBytes);
        CpuTensor x = whole;
        for (int part = 0; part < parts; part++) {
            long at = Raw.address(grids, part * gridBytes, gridBytes);
            turned[part].of(gy, bands, at);
            if (x == null) {
                operands(operands[part], at);
            } else {
                long row = isFew() ? x.rowStride() : x.planePositions() * x.rowStride();
                long sum = isFew() ? bytes : (long) taps * bytes;
                dense[part].set(x.data, row, Float.BYTES, grids, bytes, sums, sum);
            }
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
        io.row = Math.toIntExact(bands.cols() * positionBytes());
        io.position = Math.toIntExact(positionBytes());
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
                CpuTensor x = whole;
                if (x != null) {
                    multiply(x, batchBlock, band, from, to, part);
                    continue;
                }
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

    // ---- from all elements

    private void multiply(CpuTensor x, int batchBlock, int band, int from, int to, int part) {
        int end = Math.min(geometry.inHeight(), (band + 1) * bands.rows());
        for (int y = band * bands.rows(); y < end; y++) {
            for (int ky = 0; ky < geometry.kernelHeight(); ky++) {
                int down = y + geometry.padding() - ky;
                int row = Math.floorDiv(down, geometry.stride());
                if (row * geometry.stride() == down && row >= 0 && row < geometry.outHeight()) {
                    long b = part * gridBytes + (long) (row - bands.firstRow(band)) * bands.cols() * positionBytes();
                    int column = batchBlock * gradient.block;
                    if (isFew()) {
                        taps(x, column, y, ky, b, from, to, part);
                    } else {
                        channels(x, column, y, ky, b, from, to, part);
                    }
                }
            }
        }
    }

    /** Whether the taps of a kernel's row are the rows of a matrix, and not the input channels. */
    private boolean isFew() {
        return geometry.inChannels() < FEW;
    }

    /** A row of the plane, channels for rows of a matrix: tap by tap, without the columns that lead out of the plane. */
    private void channels(CpuTensor x, int column, int y, int ky, long b, int from, int to, int part) {
        int stride = geometry.stride();
        for (int kx = 0; kx < geometry.kernelWidth(); kx++) {
            int left = geometry.padding() - kx;
            int first = Math.ceilDiv(Math.max(0, left), stride);
            int end = Math.min(geometry.outWidth(), Math.floorDiv(geometry.inWidth() - 1 + left, stride) + 1);
            long a = x.offset(from * x.planePositions() + x.position(y, first * stride - left), column);
            long c = part * sumsBytes + (long) (ky * geometry.kernelWidth() + kx) * bytes;
            sweep(to - from, a, b + (first - bands.firstCol()) * positionBytes(), c, end - first, part);
        }
    }

    /** A row of the plane, taps for rows: channel by channel, with the halo. */
    private void taps(CpuTensor x, int column, int y, int ky, long b, int from, int to, int part) {
        int first = Math.max(0, bands.firstCol());
        int end = Math.min(geometry.outWidth(), bands.firstCol() + bands.cols());
        int place = x.position(y, first * geometry.stride() - geometry.padding());
        for (int channel = from; channel < to; channel++) {
            long a = x.offset(channel * x.planePositions() + place, column);
            long c = part * sumsBytes + (long) ((channel - from) * taps + ky * geometry.kernelWidth()) * bytes;
            long target = b + (first - bands.firstCol()) * positionBytes();
            sweep(geometry.kernelWidth(), a, target, c, end - first, part);
        }
    }

    /** Rows of x times {@code cols} positions of the turned gradient. */
    private void sweep(int rows, long a, long b, long c, int cols, int part) {
        int together = geometry.stride() == 1 ? cols : 1;
        long step = geometry.stride() * gradient.rowStride();
        for (int col = 0; col < cols; col += together) {
            for (int v = 0; v < width; v += 2 * COUNT) {
                GemmKernels.block(
                        rows,
                        Math.min(2, (width - v) / COUNT),
                        dense[part],
                        a + col * step,
                        b + col * positionBytes() + 4L * v,
                        c + 4L * v,
                        together * gradient.block,
                        1);
            }
        }
    }

    private long positionBytes() {
        return (long) gradient.block * bytes;
    }

    // ---- to the weights

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
