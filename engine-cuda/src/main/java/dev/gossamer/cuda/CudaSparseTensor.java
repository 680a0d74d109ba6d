package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;

/** Stored elements in row-major order, a row being a feature; how many there are only the device knows. */
final class CudaSparseTensor implements SparseTensor {

    private final CudaWorkspace owner;
    private final Shape shape;
    private final long capacity;
    private final DeviceBuffer rowPtr;
    private final DeviceBuffer rows;
    private final DeviceBuffer cols;
    private final DeviceBuffer values;

    CudaSparseTensor(CudaWorkspace owner, Shape shape, long capacity) {
        this.owner = owner;
        this.shape = shape;
        this.capacity = capacity;
        this.rowPtr = owner.allocateZeroed((shape.features() + 1L) * Long.BYTES);
        this.rows = owner.allocate(capacity * Integer.BYTES);
        this.cols = owner.allocate(capacity * Integer.BYTES);
        this.values = owner.allocate(capacity * Float.BYTES);
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
        return rowPtr.sizeBytes() + rows.sizeBytes() + cols.sizeBytes() + values.sizeBytes();
    }

    @Override
    public Object owner() {
        return owner;
    }
}
