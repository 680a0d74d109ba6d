package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Cusparse;
import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;

/**
 * A tensor on the device: row-major {@code [features][ld]}. ROW_MAJOR has no padding. NATIVE rows start on 32 bytes, the unit
 * in which the GPU's memory is read; columns from the batch to ld hold +0.0, which kernels keep by writing valid columns only.
 */
final class CudaTensor implements Tensor {

    /** Floats in a sector of device memory. */
    private static final int SECTOR = 8;

    final int features;
    final int batch;
    /** Floats from one row to the next. */
    final int ld;
    /** The batch of the tensor that the memory was made for: more than {@link #batch} in a view of it. */
    final int wholeBatch;

    private final CudaWorkspace owner;
    private final DeviceBuffer data;
    private final Shape shape;
    private final Layout layout;

    private CudaTensor(CudaWorkspace owner, DeviceBuffer data, Shape shape, Layout layout, int ld, int wholeBatch) {
        this.owner = owner;
        this.data = data;
        this.shape = shape;
        this.layout = layout;
        this.features = shape.features();
        this.batch = shape.batch();
        this.ld = ld;
        this.wholeBatch = wholeBatch;
    }

    static CudaTensor allocate(CudaWorkspace owner, Shape shape, Layout layout) {
        int ld = layout == Layout.ROW_MAJOR ? shape.batch() : paddedBatch(shape.batch());
        long bytes = Math.multiplyExact(Math.multiplyExact((long) ld, (long) shape.features()), (long) Float.BYTES);
        return new CudaTensor(
                owner, owner.allocateZeroed(bytes, "a tensor of " + shape), shape, layout, ld, shape.batch());
    }

    /**
     * A batch of up to 4 is not padded to a whole sector: at batch 1 that would read eight times what is needed. Rows of three
     * are, by one, since views of them with an even batch are read two floats at a time.
     */
    private static int paddedBatch(int batch) {
        if (batch <= 4) {
            return batch == 3 ? 4 : batch;
        }
        return Math.multiplyExact((batch - 1) / SECTOR + 1, SECTOR);
    }

    CudaTensor view(int newBatch) {
        return new CudaTensor(owner, data, shape.withBatch(newBatch), layout, ld, wholeBatch);
    }

    DeviceBuffer data() {
        return data;
    }

    /** As a dense operand of cuSPARSE. */
    Cusparse.Dense matrix() {
        return new Cusparse.Dense(data, features, batch, ld);
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public Layout layout() {
        return layout;
    }

    @Override
    public Object memory() {
        return data;
    }

    @Override
    public Object owner() {
        return owner;
    }
}
