package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaHandles.CudaCell;
import dev.gossamer.cuda.CudaHandles.CudaLabels;
import dev.gossamer.cuda.CudaHandles.CudaOrder;
import dev.gossamer.cuda.CudaHandles.CudaSamples;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.ops.PixelTransform;
import java.util.List;

/** Batches from resident bytes: a launch per four channels, then one for the classes that also moves the position on. */
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
            CudaOrder order,
            CudaCell position,
            CudaTensor x,
            CudaLabels labels) {
        for (int channel = 0; channel < transform.channels(); channel += CHANNELS) {
            gather(workspace, samples, transform, order, position, x, channel);
        }
        workspace
                .launch()
                .kernel("batches_finish")
                .p(samples.labels())
                .l(samples.count())
                .p(order.data())
                .i(order.capacity())
                .p(position.data())
                .i(x.batch)
                .p(labels.data())
                .p(workspace.fault())
                .blocks(1, BLOCK);
    }

    /** Up to four channels from {@code channel} on. */
    private static void gather(
            CudaWorkspace workspace,
            CudaSamples samples,
            PixelTransform transform,
            CudaOrder order,
            CudaCell position,
            CudaTensor x,
            int channel) {
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
        launch.p(workspace.fault()).blocks(tiles, BLOCK);
    }

    private static void four(Launch launch, List<Float> numbers, int channel) {
        for (int c = channel; c < channel + CHANNELS; c++) {
            launch.f(c < numbers.size() ? numbers.get(c) : 0);
        }
    }
}
