package dev.gossamer.cuda;

import static java.lang.Math.ceilDiv;

import dev.gossamer.cuda.CudaWorkspace.Scratch;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Geometry;
import org.jspecify.annotations.Nullable;

/**
 * Launches the kernels of {@code ConvolutionDense.cu}, for weights that are stored dense or dense-masked. Where a result has
 * few tiles, its sums are cut into parts of the channels, so that more blocks work at it. The geometry alone decides into how
 * many, as if the batch were 32, so that a sample's numbers do not depend on the batch.
 */
final class ConvolutionTiles {

    /** Tiles by their channels, threads, and columns of (position, batch), which the narrow one takes one by one. */
    private enum Tile {
        TALL("convolution_tall_forward", "convolution_tall_input_gradient", 128, 128, 64, 4),
        SQUARE("convolution_square_forward", "convolution_square_input_gradient", 64, 64, 64, 4),
        NARROW("convolution_narrow_forward", "convolution_narrow_input_gradient", 16, 128, 32, 1);

        private final String forward;
        private final String inputGradient;
        private final int channels;
        private final int threads;
        private final int columns;
        private final int taken;

        /** @param taken columns at a time, so many of the batch */
        Tile(String forward, String inputGradient, int channels, int threads, int columns, int taken) {
            this.forward = forward;
            this.inputGradient = inputGradient;
            this.channels = channels;
            this.threads = threads;
            this.columns = columns;
            this.taken = taken;
        }

        static Tile of(int channels) {
            return channels > SQUARE.channels ? TALL : SQUARE;
        }

        static Tile of(int channels, CudaTensor from, CudaTensor to) {
            return Convolution.inQuads(from, to) ? of(channels) : NARROW;
        }

        long rows(int channels) {
            return ceilDiv(channels, this.channels);
        }

        /** That the positions of a batch take, of one row of tiles. */
        long tiles(long positions, int batch) {
            return ceilDiv(positions * ceilDiv(batch, taken), (long) columns / taken);
        }

        int warps() {
            return threads / WARP;
        }
    }

    private static final int WARP = 32;

    /** Columns of a tile of the weights. */
    private static final int TILE_COLUMNS = 64;

    /**
     * Warps with which a product has enough, on a GPU of 132 multiprocessors. Twice as many would make a batch of 32 faster by
     * 7 %, one of 128 slower by as much.
     */
    private static final int ENOUGH_WARPS = 132 * 7;

    /** Warps of a weight gradient that such a GPU holds at a time. */
    private static final int WEIGHT_WARPS = 132 * 12;

    /** The batch for which sums are cut. */
    private static final int USUAL_BATCH = 32;

    private static final int MAX_PARTS = 16;

    /** Channels, and terms of a sum, that are worth a part. */
    private static final int PART_CHANNELS = 16;

    private static final int PART_TERMS = 64;

    /** Quads of a weight's sum that are worth a part. */
    private static final int PART_QUADS = 32;

    private static final int BLOCK = 256;

    private ConvolutionTiles() {}

    static int forwardParts(Geometry g) {
        long positions = (long) g.outHeight() * g.outWidth();
        return parts(g.outChannels(), positions, g.inChannels(), g.kernelHeight() * g.kernelWidth());
    }

    static int backwardParts(Geometry g) {
        int s = g.stride();
        int taps = ceilDiv(g.kernelHeight(), s) * ceilDiv(g.kernelWidth(), s); // of the class that meets most
        return parts(g.inChannels(), classPositions(g) * s * s, g.outChannels(), taps);
    }

    private static int parts(int targets, long positions, int sources, int taps) {
        Tile tile = Tile.of(targets);
        long warps = tile.rows(targets) * tile.tiles(positions, USUAL_BATCH) * tile.warps();
        int parts = 1;
        while (parts < MAX_PARTS
                && warps * parts < ENOUGH_WARPS
                && sources >= 2 * parts * PART_CHANNELS
                && sources * taps >= 2 * parts * PART_TERMS) {
            parts *= 2;
        }
        return parts;
    }

    /** Of the largest of the classes that a stride makes of the input's positions. */
    private static long classPositions(Geometry g) {
        return (long) ceilDiv(g.inHeight(), g.stride()) * ceilDiv(g.inWidth(), g.stride());
    }

    static void forward(
            CudaWorkspace workspace,
            Geometry g,
            CudaValues w,
            CudaTensor x,
            float beta,
            CudaTensor y,
            ConvolutionEnding ending) {
        Tile tile = Tile.of(g.outChannels(), x, y);
        int parts = forwardParts(g);
        long partial = partial(workspace, parts, Scaling.quads(y) * 4);
        Launch launch = start(workspace, tile.forward, g, w, x);
        ending.pass(Output.pass(launch, y, beta, null))
                .i(parts)
                .p(partial)
                .blocks(
                        tile.rows(g.outChannels()) * tile.tiles((long) g.outHeight() * g.outWidth(), y.batch) * parts,
                        tile.threads);
        addParts(workspace, g.outChannels(), parts, partial, beta, y, null, ending);
    }

    static void inputGradient(
            CudaWorkspace workspace,
            Geometry g,
            CudaValues w,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask) {
        Tile tile = Tile.of(g.inChannels(), gy, gx);
        int classes = g.stride() * g.stride();
        int parts = backwardParts(g);
        long partial = partial(workspace, parts, Scaling.quads(gx) * 4);
        Launch launch = start(workspace, tile.inputGradient, g, w, gy);
        Output.pass(launch, gx, beta, mask)
                .i(parts)
                .p(partial)
                .blocks(
                        tile.rows(g.inChannels()) * tile.tiles(classPositions(g), gx.batch) * classes * parts,
                        tile.threads);
        addParts(workspace, g.inChannels(), parts, partial, beta, gx, mask, ConvolutionEnding.NONE);
    }

    private static Launch start(CudaWorkspace workspace, String kernel, Geometry g, CudaValues w, CudaTensor from) {
        return Convolution.geometry(workspace.launch().kernel(kernel), g)
                .p(w.data())
                .p(from.data())
                .i(from.ld);
    }

    private static void addParts(
            CudaWorkspace workspace,
            int channels,
            int parts,
            long partial,
            float beta,
            CudaTensor to,
            @Nullable CudaMask mask,
            ConvolutionEnding ending) {
        if (parts > 1) {
            Launch launch = workspace
                    .launch()
                    .kernel("convolution_add_parts")
                    .i(channels)
                    .i(to.features / channels)
                    .i(parts)
                    .p(partial);
            ending.pass(Output.pass(launch, to, beta, mask)).grid1d(Scaling.quads(to), BLOCK);
        }
    }

    static void weightGradient(
            CudaWorkspace workspace, Geometry g, CudaTensor x, CudaTensor gy, float beta, CudaValues gw) {
        Tile tile = Tile.of(g.outChannels());
        String kernel = tile == Tile.TALL ? "convolution_tall_weight_gradient" : "convolution_square_weight_gradient";
        boolean byTaps = byTaps(g);
        long columns = byTaps ? tapColumns(g) : ceilDiv(g.cols(), TILE_COLUMNS);
        long tiles = tile.rows(g.outChannels()) * columns;
        long quads = (long) g.outHeight() * g.outWidth() * ceilDiv(gy.batch, 4);
        long warps = tiles * tile.warps();
        int parts = (int) Math.max(1, Math.min(WEIGHT_WARPS / warps, quads / PART_QUADS));
        long partial = partial(workspace, parts, gw.space.count());
        Convolution.geometry(workspace.launch().kernel(kernel), g)
                .p(gw.space.maskBits())
                .p(x.data())
                .i(x.ld)
                .p(gy.data())
                .i(gy.ld)
                .i(gy.batch)
                .i(byTaps ? 1 : 0)
                .i(parts)
                .f(beta)
                .p(gw.data())
                .p(partial)
                .blocks(tiles * parts, tile.threads);
        addWeightParts(workspace, partial, parts, beta, gw);
    }

    /**
     * Whether a tile of weights has one tap, and is summed over the positions from which that leads into the plane, in place of
     * neighbouring columns over all positions: where that multiplies a tenth less.
     */
    static boolean byTaps(Geometry g) {
        long lines = 0;
        for (int ky = 0; ky < g.kernelHeight(); ky++) {
            lines += met(g.outHeight(), g.inHeight(), g.stride(), ky - g.padding());
        }
        long columns = 0;
        for (int kx = 0; kx < g.kernelWidth(); kx++) {
            columns += met(g.outWidth(), g.inWidth(), g.stride(), kx - g.padding());
        }
        long all = (long) ceilDiv(g.cols(), TILE_COLUMNS) * g.outHeight() * g.outWidth();
        return 10L * ceilDiv(g.inChannels(), TILE_COLUMNS) * lines * columns <= 9 * all;
    }

    private static int tapColumns(Geometry g) {
        return ceilDiv(g.inChannels(), TILE_COLUMNS) * g.kernelHeight() * g.kernelWidth();
    }

    /** Lines of the output from which a line of the kernel, so far down from the output's own, leads into the plane. */
    private static int met(int out, int in, int stride, int down) {
        int begin = down < 0 ? ceilDiv(-down, stride) : 0;
        int end = down < in ? Math.min(out, (in - 1 - down) / stride + 1) : 0;
        return Math.max(0, end - begin);
    }

    /** Memory for so many parts of so many floats; 0 where one is enough, which goes to the result. */
    static long partial(CudaWorkspace workspace, int parts, long floats) {
        return parts == 1
                ? 0
                : workspace
                        .scratch(Scratch.PARTIALS, parts * floats * Float.BYTES)
                        .address();
    }

    /** {@code gw = the parts in order + beta·gw}, where there are several. */
    static void addWeightParts(CudaWorkspace workspace, long partial, int parts, float beta, CudaValues gw) {
        if (parts > 1) {
            long count = gw.space.count();
            workspace
                    .launch()
                    .kernel("convolution_add_weight_parts")
                    .p(partial)
                    .i(parts)
                    .l(count)
                    .p(gw.space.maskBits())
                    .f(beta)
                    .p(gw.data())
                    .grid1d(count, BLOCK);
        }
    }
}
