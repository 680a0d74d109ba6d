package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;

/** The small handles: scalars, class numbers, sample numbers, random streams and data sets, all in device memory. */
final class CudaHandles {

    private CudaHandles() {}

    /** @param data one float */
    record CudaCell(CudaWorkspace owner, DeviceBuffer data) implements Cell {}

    /** @param data ints */
    record CudaLabels(CudaWorkspace owner, DeviceBuffer data, int capacity) implements Labels {}

    /** @param data ints */
    record CudaOrder(CudaWorkspace owner, DeviceBuffer data, int capacity) implements Order {}

    /** @param data the structure {@code RandomStream} of the kernels: key in two words, step, nothing */
    record CudaRandomStream(CudaWorkspace owner, DeviceBuffer data) implements RandomStream {

        static final int BYTES = 4 * Integer.BYTES;
    }

    /**
     * @param images unsigned bytes {@code [count][features]}
     * @param labels unsigned bytes {@code [count]}
     */
    record CudaSamples(
            CudaWorkspace owner, DeviceBuffer images, DeviceBuffer labels, Shape one, long count, boolean writable)
            implements Samples {}
}
