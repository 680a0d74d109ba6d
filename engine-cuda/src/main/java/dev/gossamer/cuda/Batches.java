package dev.gossamer.cuda;

import static dev.gossamer.cuda.device.Launch.pair;

import dev.gossamer.cuda.CudaHandles.CudaCell;
import dev.gossamer.cuda.CudaHandles.CudaLabels;
import dev.gossamer.cuda.CudaHandles.CudaOrder;
import dev.gossamer.cuda.CudaHandles.CudaRandomStream;
import dev.gossamer.cuda.CudaHandles.CudaSamples;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.PixelTransform;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batches from resident bytes: a launch per four channels, the last of which takes the classes and moves the position on. */
final class Batches {

    private static final int BLOCK = 256;
    private static final int TILE = 32;

    /** Channels whose scale and shift fit into the arguments of one launch. */
    private static final int CHANNELS = 4;

    private Batches() {}

    static void next(
            CudaWorkspace workspace,
            CudaSamples samples,
            PixelTransform transform,
            @Nullable Augmentation augmentation,
            CudaOrder order,
            CudaCell position,
            CudaTensor x,
            CudaLabels labels) {
        for (int channel = 0; channel < transform.channels(); channel += CHANNELS) {
            boolean last = channel + CHANNELS >= transform.channels();
            gather(workspace, samples, transform, augmentation, order, position, x, channel, last ? labels : null);
        }
    }

    /**
     * Up to four channels from {@code channel} on.
     *
     * @param labels also set, before the position moves on; null for neither
     */
    private static void gather(
            CudaWorkspace workspace,
            CudaSamples samples,
            PixelTransform transform,
            @Nullable Augmentation augmentation,
            CudaOrder order,
            CudaCell position,
            CudaTensor x,
            int channel,
            @Nullable CudaLabels labels) {
        int channels = Math.min(CHANNELS, transform.channels() - channel);
        int plane = samples.one().height() * samples.one().width();
        long tiles = ((long) channels * plane + TILE - 1) / TILE * ((x.batch + TILE - 1) / TILE);
        Launch launch = workspace
                .launch()
                .kernel("batches_gather")
                .p(samples.images())
                .l(samples.count())
                .i(x.features)
                .p(order.data())
                .i(order.capacity())
                .p(position.data())
                .p(x.data())
                .i(x.ld)
                .i(x.batch)
                .i(channel * plane)
                .i(channels)
                .i(plane);
        four(launch, transform.scale(), channel);
        four(launch, transform.shift(), channel);
        augmentation(launch, augmentation, samples)
                .p(samples.labels())
                .word(labels == null ? 0 : labels.data().address())
                .word(workspace.arrived())
                .p(workspace.fault())
                .blocks(Math.max(1, tiles), BLOCK);
    }

    /** The structure {@code Augmentation} of the kernel. */
    private static Launch augmentation(Launch launch, @Nullable Augmentation how, CudaSamples samples) {
        int height = samples.one().height();
        int width = samples.one().width();
        if (how == null) {
            return launch.p(0).word(0).word(pair(0, height)).word(width);
        }
        return launch.p(((CudaRandomStream) how.stream()).data())
                .word(pair(how.site(), how.padding()))
                .word(pair(how.flip() ? 1 : 0, height))
                .word(width);
    }

    private static void four(Launch launch, List<Float> numbers, int channel) {
        for (int c = channel; c < channel + CHANNELS; c++) {
            launch.f(c < numbers.size() ? numbers.get(c) : 0);
        }
    }
}
