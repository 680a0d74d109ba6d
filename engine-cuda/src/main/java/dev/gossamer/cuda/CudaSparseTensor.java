package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;

/** Stored elements in row-major order, a row being a feature; how many there are only the device knows. */
final class CudaSparseTensor implements SparseTensor {

    /** As in Compression.cu. */
    private static final int NO_THRESHOLD = -1;

    private final CudaWorkspace owner;
    private final Shape shape;
    private final long capacity;
    private final DeviceBuffer rowPtr;
    private final DeviceBuffer rows;
    private final DeviceBuffer cols;
    private final DeviceBuffer values;
    private final DeviceBuffer threshold;

    CudaSparseTensor(CudaWorkspace owner, Shape shape, long capacity) {
        this.owner = owner;
        this.shape = shape;
        this.capacity = capacity;
        String use = "a sparse tensor of " + shape;
        this.rowPtr = owner.allocateZeroed((shape.features() + 1L) * Long.BYTES, use);
        this.rows = owner.allocate(capacity * Integer.BYTES, use);
        this.cols = owner.allocate(capacity * Integer.BYTES, use);
        this.values = owner.allocate(capacity * Float.BYTES, use);
        this.threshold = owner.allocate(Integer.BYTES, use);
        owner.stream().fill(threshold, NO_THRESHOLD, 1);
    }

    /** Where each row begins, and the end: {@code [features + 1]} of 64 bits. */
    DeviceBuffer rowPtr() {
        return rowPtr;
    }

    DeviceBuffer rows() {
        return rows;
    }

    DeviceBuffer cols() {
        return cols;
    }

    DeviceBuffer values() {
        return values;
    }

    /** Magnitude bits of the smallest element that the last search stored. */
    DeviceBuffer threshold() {
        return threshold;
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public long capacity() {
        return capacity;
    }

    @Override
    public long sizeBytes() {
        return rowPtr.sizeBytes() + rows.sizeBytes() + cols.sizeBytes() + values.sizeBytes() + threshold.sizeBytes();
    }

    @Override
    public Object owner() {
        return owner;
    }
}
