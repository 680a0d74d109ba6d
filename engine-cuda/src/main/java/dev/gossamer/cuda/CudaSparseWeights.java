package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseWeights;

/**
 * Selected weights as a compressed matrix, with the row starts that convolutions read and the entries by input channel;
 * how many there are only the device knows.
 */
final class CudaSparseWeights implements SparseWeights {

    private static final int BLOCK = 256;
    private static final int WARP = 32;

    private final CudaWorkspace owner;
    private final Geometry geometry;
    private final CudaSparseTensor entries;
    private final DeviceBuffer starts;
    private final DeviceBuffer counts;
    private final DeviceBuffer channelPtr;
    private final DeviceBuffer byInput;

    CudaSparseWeights(CudaWorkspace owner, Geometry geometry, long capacity) {
        if (capacity > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "Sparse weights of " + geometry + " have room for more than 2^31-1, the limit of their indices");
        }
        this.owner = owner;
        this.geometry = geometry;
        this.entries = new CudaSparseTensor(owner, Shape.of(geometry.rows(), geometry.cols()), capacity);
        String use = "selected weights of " + geometry;
        this.starts = owner.allocateZeroed((geometry.rows() + 1L) * Integer.BYTES, use);
        this.counts = owner.allocate((long) geometry.inChannels() * Long.BYTES, use);
        this.channelPtr = owner.allocateZeroed((geometry.inChannels() + 1L) * Integer.BYTES, use);
        this.byInput = owner.allocate(capacity * Integer.BYTES, use);
    }

    /** Rows, columns and values in canonical order. */
    CudaSparseTensor entries() {
        return entries;
    }

    /** Where each row begins, and the end: {@code [rows + 1]} of 32 bits. */
    DeviceBuffer starts() {
        return starts;
    }

    /** Where each input channel begins in {@link #byInput}, and the end. */
    DeviceBuffer channelPtr() {
        return channelPtr;
    }

    /** Positions of entries by input channel, then canonical. */
    DeviceBuffer byInput() {
        return byInput;
    }

    /** Makes the structures of products from the entries. */
    void arrange(CudaWorkspace workspace) {
        int channels = geometry.inChannels();
        int kernel = geometry.kernelHeight() * geometry.kernelWidth();
        workspace
                .launch()
                .kernel("compression_row_starts")
                .p(entries.rowPtr())
                .i(geometry.rows())
                .p(starts)
                .grid1d(geometry.rows() + 1L, BLOCK);
        workspace
                .launch()
                .kernel("compression_count_by_input")
                .p(starts)
                .p(entries.cols())
                .i(geometry.rows())
                .i(channels)
                .i(kernel)
                .p(counts)
                .grid1d((long) channels * WARP, BLOCK);
        workspace.launch().kernel("selection_scan_ties").p(counts).l(channels).blocks(1, BLOCK);
        workspace
                .launch()
                .kernel("compression_place_by_input")
                .p(starts)
                .p(entries.cols())
                .i(geometry.rows())
                .i(channels)
                .i(kernel)
                .p(counts)
                .p(channelPtr)
                .p(byInput)
                .grid1d((long) channels * WARP, BLOCK);
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public long capacity() {
        return entries.capacity();
    }

    @Override
    public long sizeBytes() {
        return entries.sizeBytes()
                + starts.sizeBytes()
                + counts.sizeBytes()
                + channelPtr.sizeBytes()
                + byInput.sizeBytes();
    }

    @Override
    public Object owner() {
        return owner;
    }
}
