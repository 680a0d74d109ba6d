package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The gradient of all weights of a convolution: each element of the input times the output gradients that its taps lead to, a
 * block of output channels side by side. Either all elements are there ({@link WholeInput}) or some are stored, and only they
 * are multiplied ({@link StoredInput}).
 *
 * <p>A band of rows of the gradient is turned for that ({@link TurnedGradient}), and stays in the second-level cache while the
 * elements of all input channels pass. The sums are turned into the weights' order at the end ({@link OuterProductSums}).
 *
 * <p>Sum order, the same for every vector width and number of threads: a weight's sum is one chain over the elements of its
 * input channel in ascending (block of the batch, row, column, image).
 */
final class OuterProductGradient implements Workers.Parts {

    /** Bytes of a band of the gradient: it and the sums are a part of the second-level cache. */
    private static final int BAND = 448 * 1024;

    private static final int SUMS = 256 * 1024;

    /** Where the elements come from. */
    interface Input {

        /** Adds what input channels {@code from .. to - 1} have in the band that a part has turned to its sums. */
        void multiply(Part part, int batchBlock, int band, int from, int to);
    }

    /** What a thread works on. */
    static final class Part {

        final TurnedGradient turned;
        final OuterProductSums sums;
        final GemmKernels.Operands matrices = new GemmKernels.Operands();
        final OuterProductKernels.Operands lists = new OuterProductKernels.Operands();

        Part(Geometry geometry, int width, int group) {
            this.turned = new TurnedGradient(geometry, width);
            this.sums = new OuterProductSums(geometry, width, group);
        }
    }

    private final CpuWorkspace workspace;
    private final Geometry geometry;

    /** Output channels of a block. */
    private final int width;

    private final int blocks;

    /** Input channels whose sums are kept at a time. */
    private final int group;

    private final WholeInput whole;
    private final StoredInput stored;
    private final Part[] work;

    // Set up anew for every run; bands as long as the batch has the same blocks.
    private OuterProductBands bands;
    private long grid;
    private int bandsFor;
    private CpuTensor gradient;
    private Input input;

    @SuppressWarnings("NullAway.Init") // set before each run
    OuterProductGradient(CpuWorkspace workspace, Geometry geometry) {
        this.workspace = workspace;
        this.geometry = geometry;
        this.width = COUNT * OuterProductKernels.vectors(geometry);
        this.blocks = (geometry.outChannels() + width - 1) / width;
        int taps = geometry.kernelHeight() * geometry.kernelWidth();
        this.group = Math.clamp(SUMS / ((long) taps * width * Float.BYTES), 1, geometry.inChannels());
        this.whole = new WholeInput(geometry, width);
        this.stored = new StoredInput(workspace, geometry, width);
        this.work = new Part[workspace.threads()];
        Arrays.setAll(work, part -> new Part(geometry, width, group));
    }

    /**
     * All weights, those outside a pattern set back to zero afterwards.
     *
     * @param x with the halo that taps read, in blocks of the batch as gy has them; lanes behind the batch are +0.0 here and in
     *     gy
     */
    void run(CpuTensor x, CpuTensor gy, float beta, CpuValues gw) {
        bands(gy);
        whole.of(x, bands);
        run(whole, (double) x.features * x.batch, gy, beta, gw.data);
        gw.clearOutside();
    }

    /** The same of packed weights: all are computed, and those of the pattern are kept. */
    void runPacked(CpuTensor x, CpuTensor gy, float beta, CpuValues gw) {
        bands(gy);
        whole.of(x, bands);
        MemorySegment all = workspace.scratch(Scratch.VALUES, geometry.size() * Float.BYTES);
        run(whole, (double) x.features * x.batch, gy, 0, all);
        keep(all, gw.space.plan().pattern, beta, gw);
    }

    private void keep(MemorySegment all, SparsityPattern pattern, float beta, CpuValues gw) {
        long row = Raw.address(all, 0, geometry.size() * Float.BYTES);
        long entries = Raw.address(gw.data, 0, pattern.nnz() * Float.BYTES);
        for (int r = 0; r < pattern.rows(); r++, row += (long) geometry.cols() * Float.BYTES) {
            for (int p = pattern.rowStart(r); p < pattern.rowEnd(r); p++) {
                float sum = ALL.get(UNCHECKED, (row + 4L * pattern.col(p)) & USER);
                long its = (entries + 4L * p) & USER;
                ALL.set(UNCHECKED, its, beta == 0 ? sum : Math.fma(ALL.get(UNCHECKED, its), beta, sum));
            }
        }
    }

    /** The same from stored elements. */
    void run(CpuSparseTensor x, CpuTensor gy, float beta, CpuValues gw) {
        bands(gy);
        stored.of(x, gy.batch, bands);
        run(stored, x.count(), gy, beta, gw.data);
        gw.clearOutside();
    }

    private void bands(CpuTensor gy) {
        if (bandsFor != gy.block) {
            bands = new OuterProductBands(geometry, BAND, gy.block * width * Float.BYTES);
            grid = Math.toIntExact(TurnedGradient.bytes(bands, gy.block, width)); // kernels count within it in ints
            bandsFor = gy.block;
        }
    }

    private void run(Input from, double elements, CpuTensor gy, float beta, MemorySegment gw) {
        input = from;
        gradient = gy;
        int parts =
                workspace.parts(2.0 * elements * geometry.kernelHeight() * geometry.kernelWidth() * geometry.rows());
        long room = work[0].sums.bytes();
        MemorySegment grids = workspace.scratch(Scratch.PANELS, parts * grid);
        MemorySegment sums = workspace.scratch(Scratch.TILES, parts * room);
        for (int part = 0; part < parts; part++) {
            work[part].turned.of(gy, bands, grids, part * grid);
            work[part].sums.of(gw, beta, sums, part * room);
        }
        if (parts == 1) {
            run(0, 1);
        } else {
            workspace.workers().run(parts, this);
        }
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
                group(work[part], task / split, from, Math.min(end, from + group));
            }
        }
    }

    /** A block of output channels by input channels {@code from .. to - 1}. */
    private void group(Part part, int block, int from, int to) {
        part.sums.clear(to - from);
        int batchBlocks = CpuTensor.blocks(gradient.batch, gradient.block);
        for (int batchBlock = 0; batchBlock < batchBlocks; batchBlock++) {
            for (int band = 0; band < bands.bands(); band++) {
                part.turned.turn(block, batchBlock, band);
                input.multiply(part, batchBlock, band, from, to);
            }
        }
        part.sums.turnBack(block, from, to);
    }
}
