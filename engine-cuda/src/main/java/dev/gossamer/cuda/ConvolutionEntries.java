package dev.gossamer.cuda;

import static java.lang.Math.ceilDiv;

import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Geometry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Launches the kernels of {@code ConvolutionSparse.cu}, for weights that are packed or selected. */
final class ConvolutionEntries {

    private static final int WARP = 32;

    /** Kernels by the quads of a lane and the warps of a block; of the narrow one a lane has a single column. */
    private enum Kind {
        FOUR("convolution_entries_by_four_forward", "convolution_entries_by_four_input_gradient", 4, 4, 16),
        TWO("convolution_entries_by_two_forward", "convolution_entries_by_two_input_gradient", 2, 4, 16),
        ONE("convolution_entries_by_one_forward", "convolution_entries_by_one_input_gradient", 1, 4, 8),
        NARROW("convolution_entries_narrow_forward", "convolution_entries_narrow_input_gradient", 1, 1, 8);

        private final String forward;
        private final String inputGradient;
        private final int quads;
        private final int columns;
        private final int warps;

        /** @param columns of a quad */
        Kind(String forward, String inputGradient, int quads, int columns, int warps) {
            this.forward = forward;
            this.inputGradient = inputGradient;
            this.quads = quads;
            this.columns = columns;
            this.warps = warps;
        }

        /** What a batch has of a row, in quads or columns. */
        private int ofBatch(int batch) {
            return ceilDiv(batch, columns);
        }

        /** With the last argument of those that know parts. */
        private void run(Launch launch, int parts, long blocks) {
            (quads == 1 ? launch.i(parts) : launch).blocks(blocks, warps * WARP);
        }
    }

    /** Warps that keep a GPU of 132 multiprocessors busy. */
    private static final int ENOUGH_WARPS = 132 * 12;

    /** Quads of the batch of 32 for which sums are cut. */
    private static final int USUAL_QUADS = 8;

    private static final int MAX_PARTS = 4;

    /** Channels that are worth a part. */
    private static final int PART_CHANNELS = 64;

    /** Entries of a warp in a weight gradient, and warps of its blocks. */
    private static final int ENTRIES = 8;

    private static final int WEIGHT_WARPS = 8;

    /** Blocks of a weight gradient, where its sums are long enough to be cut for so many. */
    private static final int WEIGHT_BLOCKS = 132 * 4;

    /** Quads of a weight's sum that are worth a part. */
    private static final int PART_QUADS = 64;

    private ConvolutionEntries() {}

    /**
     * Weights as the channels of the result meet them.
     *
     * @param ptr where each channel's begin, and the end
     * @param entries their positions in the canonical order; 0 where that is the order
     * @param rows of each in canonical order; 0 where they are not asked for, and all but the values where these are flat
     */
    record Weights(long ptr, long entries, long rows, long cols, long values) {

        static Weights flat(CudaValues w) {
            return new Weights(0, 0, 0, 0, w.data().address());
        }

        static Weights forward(CudaValues w) {
            PatternPlan plan = w.space.plan();
            return new Weights(
                    plan.rowPtr().address(),
                    0,
                    0,
                    plan.colIdx().address(),
                    w.data().address());
        }

        static Weights backward(CudaValues w, int kernel) {
            PatternPlan plan = w.space.plan();
            PatternPlan.ByInput byInput = plan.byInput(kernel);
            return new Weights(
                    byInput.channelPtr().address(),
                    byInput.entries().address(),
                    plan.rowIdx().address(),
                    plan.colIdx().address(),
                    w.data().address());
        }

        static Weights forward(CudaSparseWeights w) {
            CudaSparseTensor all = w.entries();
            return new Weights(
                    w.starts().address(),
                    0,
                    0,
                    all.cols().address(),
                    all.values().address());
        }

        static Weights backward(CudaSparseWeights w) {
            CudaSparseTensor all = w.entries();
            return new Weights(
                    w.channelPtr().address(),
                    w.byInput().address(),
                    all.rows().address(),
                    all.cols().address(),
                    all.values().address());
        }

        /** The structure {@code Packed} of the kernels. */
        private Launch pass(Launch launch) {
            return launch.l(ptr).word(entries).word(rows).word(cols).word(values);
        }
    }

    static int forwardParts(Geometry g) {
        return parts(g.outChannels(), g.outHeight(), g.outWidth(), g.inChannels());
    }

    static int backwardParts(Geometry g) {
        return parts(g.inChannels(), g.inHeight(), g.inWidth(), g.outChannels());
    }

    /** As of {@link ConvolutionTiles}: by the geometry alone. */
    private static int parts(int targets, int height, int width, int sources) {
        long warps = targets * ceilDiv((long) height * width * USUAL_QUADS, (long) WARP);
        int parts = 1;
        while (parts < MAX_PARTS && warps * parts < ENOUGH_WARPS && sources >= 2 * parts * PART_CHANNELS) {
            parts *= 2;
        }
        return parts;
    }

    static void forward(
            CudaWorkspace workspace,
            Geometry g,
            Weights w,
            CudaTensor x,
            float beta,
            CudaTensor y,
            ConvolutionEnding ending) {
        int parts = forwardParts(g);
        Kind kind = kind(x, y, parts, g.outChannels(), (long) g.outHeight() * g.outWidth());
        Patch patch = Patch.of(kind, g.outHeight(), g.outWidth(), y.batch);
        Launch launch = w.pass(Convolution.geometry(workspace.launch().kernel(kind.forward), g))
                .l(patch.pair())
                .p(x.data())
                .i(x.ld);
        long blocks =
                ceilDiv(g.outChannels(), kind.warps / parts) * patch.count(kind, g.outHeight(), g.outWidth(), y.batch);
        kind.run(ending.pass(Output.pass(launch, y, beta, null)), parts, blocks);
    }

    static void inputGradient(
            CudaWorkspace workspace,
            Geometry g,
            Weights w,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask) {
        int s = g.stride();
        int height = ceilDiv(g.inHeight(), s);
        int width = ceilDiv(g.inWidth(), s);
        int parts = backwardParts(g);
        Kind kind = kind(gy, gx, parts, g.inChannels() * s * s, (long) height * width);
        Patch patch = Patch.of(kind, height, width, gx.batch);
        Launch launch = w.pass(Convolution.geometry(workspace.launch().kernel(kind.inputGradient), g))
                .l(patch.pair())
                .p(gy.data())
                .i(gy.ld);
        long blocks = ceilDiv(g.inChannels(), kind.warps / parts) * patch.count(kind, height, width, gx.batch) * s * s;
        kind.run(Output.pass(launch, gx, beta, mask), parts, blocks);
    }

    /** As many quads to a lane as leave enough warps. */
    private static Kind kind(CudaTensor from, CudaTensor to, int parts, int channels, long positions) {
        if (!Convolution.inQuads(from, to)) {
            return Kind.NARROW;
        }
        for (Kind kind : List.of(Kind.FOUR, Kind.TWO)) {
            long warps = channels * ceilDiv(positions * kind.ofBatch(to.batch), (long) WARP * kind.quads);
            if (parts == 1 && warps >= ENOUGH_WARPS) {
                return kind;
            }
        }
        return Kind.ONE;
    }

    /**
     * The structure {@code Patch} of the kernels: what a warp has of an image plane and the batch. Up to eight quads of the
     * batch and four columns; more of the batch where planes are smaller. What lies side by side first, where it has columns
     * one by one.
     */
    private record Patch(int quadBits, int widthBits) {

        static Patch of(Kind kind, int height, int width, int batch) {
            int slotBits = log(WARP * kind.quads);
            int batchBits = log(kind.ofBatch(batch));
            if (kind == Kind.NARROW) {
                int quadBits = Math.min(batchBits, slotBits);
                return new Patch(quadBits, Math.min(slotBits - quadBits, log(width)));
            }
            int widthBits = Math.min(2, log(width));
            int quadBits = Math.min(batchBits, Math.max(3, slotBits - widthBits - log(height)));
            return new Patch(quadBits, widthBits);
        }

        /** The least power of two that is at least n. */
        private static int log(int n) {
            return Integer.SIZE - Integer.numberOfLeadingZeros(n - 1);
        }

        long pair() {
            return Launch.pair(quadBits, widthBits);
        }

        long count(Kind kind, int height, int width, int batch) {
            int lines = (WARP * kind.quads) >> (quadBits + widthBits);
            return (long) ceilDiv(width, 1 << widthBits)
                    * ceilDiv(height, lines)
                    * ceilDiv(kind.ofBatch(batch), 1 << quadBits);
        }
    }

    static void weightGradient(
            CudaWorkspace workspace, Geometry g, CudaTensor x, CudaTensor gy, float beta, CudaValues gw) {
        PatternPlan plan = gw.space.plan();
        int segments = ceilDiv(plan.longestRow(), ENTRIES);
        if (segments == 0) {
            return;
        }
        long quads = (long) g.outHeight() * g.outWidth() * ceilDiv(gy.batch, 4);
        long blocks = (long) ceilDiv(g.outChannels(), WEIGHT_WARPS) * segments;
        int parts = (int) Math.max(1, Math.min(WEIGHT_BLOCKS / blocks, quads / PART_QUADS));
        long partial = ConvolutionTiles.partial(workspace, parts, gw.space.count());
        Convolution.geometry(workspace.launch().kernel("convolution_entries_weight_gradient"), g)
                .p(plan.rowPtr())
                .p(plan.colIdx())
                .i(segments)
                .l(gw.space.count())
                .p(x.data())
                .i(x.ld)
                .p(gy.data())
                .i(gy.ld)
                .i(gy.batch)
                .i(parts)
                .f(beta)
                .p(gw.data())
                .p(partial)
                .blocks(blocks * parts, WEIGHT_WARPS * WARP);
        ConvolutionTiles.addWeightParts(workspace, partial, parts, beta, gw);
    }
}
