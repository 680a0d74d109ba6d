package dev.gossamer.cpu;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A tensor off-heap. NATIVE: the batch in blocks, {@code [batch/block][features][block]}: such a block is the panel that keeps
 * the dense operand of an SpMM in cache. ROW_MAJOR is the single block of width batch without padding.
 *
 * <p>Kernels see both through three numbers: where a column starts, how far rows are apart, and how many columns follow.
 */
final class CpuTensor implements Tensor {

    final MemorySegment data;
    final int features;
    final int batch;
    /** Columns per block; for ROW_MAJOR the batch. */
    final int block;

    /** The batch of the tensor that the memory was made for: more than {@link #batch} in a view of it. */
    final int wholeBatch;

    private final CpuWorkspace owner;
    private final Shape shape;
    private final Layout layout;

    private CpuTensor(CpuWorkspace owner, MemorySegment data, Shape shape, Layout layout, int block, int wholeBatch) {
        this.owner = owner;
        this.data = data;
        this.shape = shape;
        this.layout = layout;
        this.features = shape.features();
        this.batch = shape.batch();
        this.block = block;
        this.wholeBatch = wholeBatch;
    }

    static CpuTensor allocate(CpuWorkspace owner, Shape shape, Layout layout, int block) {
        long columns = layout == Layout.ROW_MAJOR ? shape.batch() : (long) blocks(shape.batch(), block) * block;
        long bytes = Math.multiplyExact(Math.multiplyExact(columns, (long) shape.features()), (long) Float.BYTES);
        return new CpuTensor(owner, owner.memory().allocate(bytes), shape, layout, block, shape.batch());
    }

    CpuTensor view(int newBatch) {
        return new CpuTensor(owner, data, shape.withBatch(newBatch), layout, block, wholeBatch);
    }

    /** Byte offset of row 0 of a column. */
    long base(int column) {
        if (layout == Layout.ROW_MAJOR) {
            return (long) column * Float.BYTES;
        }
        int index = column / block;
        return ((long) index * features * block + (column - index * block)) * Float.BYTES;
    }

    /** Bytes from one row to the next within a block. */
    long rowStride() {
        return (long) block * Float.BYTES;
    }

    /** Byte offset of one element. */
    long offset(int row, int column) {
        return base(column) + row * rowStride();
    }

    /** Columns, padding included, that lie side by side from {@code column} on. */
    int run(int column) {
        return layout == Layout.ROW_MAJOR ? batch - column : block - column % block;
    }

    /**
     * Whether lanes between the batch and the next multiple of 16 hold +0.0: padding does, row-major tensors have none, and
     * in a view they may be later samples of the whole.
     */
    boolean endsInZeros() {
        return layout == Layout.NATIVE && batch == wholeBatch;
    }

    /** Restores the padding contract in the last block after an op that may have written there. */
    void clearTail() {
        if (layout == Layout.ROW_MAJOR || batch % block == 0) {
            return;
        }
        // Plain stores: a slice per row would allocate in every partial batch.
        for (int row = 0; row < features; row++) {
            long from = offset(row, batch - 1);
            for (int lane = 1; lane <= block - batch % block; lane++) {
                data.set(ValueLayout.JAVA_FLOAT, from + (long) lane * Float.BYTES, 0f);
            }
        }
    }

    static int blocks(int batch, int block) {
        return (batch + block - 1) / block;
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
