package dev.gossamer.cpu;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A tensor off-heap. NATIVE: the batch in blocks, {@code [batch/block][positions][block]}: such a block is the panel that keeps
 * the dense operand of an SpMM in cache. ROW_MAJOR is the single block of width batch without padding.
 *
 * <p>Positions are the features where there is no plane. A plane has a halo, a frame of +0.0 around it, so that a convolution
 * reads its padding instead of testing for it: {@code [channels][height + 2·halo][width + 2·halo]}.
 *
 * <p>Kernels see all of it through three numbers: where a column starts, how far rows (positions) are apart, and how many
 * columns follow.
 */
final class CpuTensor implements Tensor {

    final MemorySegment data;
    final int features;
    /** Rows of a block: features and halo. */
    final int positions;
    /** Rows and columns of the frame around each plane. */
    final int halo;

    final int batch;
    /** Columns per block; for ROW_MAJOR the batch. */
    final int block;

    /** The batch of the tensor that the memory was made for: more than {@link #batch} in a view of it. */
    final int wholeBatch;

    private final CpuWorkspace owner;
    private final Shape shape;
    private final Layout layout;

    /** Who shares the memory; null if nobody does. */
    private final @Nullable Tenancy tenancy;

    private CpuTensor(
            CpuWorkspace owner,
            MemorySegment data,
            Shape shape,
            Layout layout,
            int halo,
            int block,
            int wholeBatch,
            @Nullable Tenancy tenancy) {
        this.owner = owner;
        this.data = data;
        this.shape = shape;
        this.layout = layout;
        this.features = shape.features();
        this.positions = positions(shape, halo);
        this.halo = halo;
        this.batch = shape.batch();
        this.block = block;
        this.wholeBatch = wholeBatch;
        this.tenancy = tenancy;
    }

    static CpuTensor allocate(CpuWorkspace owner, Shape shape, Layout layout, int block) {
        int halo = layout == Layout.ROW_MAJOR ? 0 : halo(shape);
        long bytes = sizeBytes(shape, layout, halo, block);
        return new CpuTensor(owner, owner.memory().allocate(bytes), shape, layout, halo, block, shape.batch(), null);
    }

    /** Native tensors in one memory. */
    static List<Tensor> overlay(CpuWorkspace owner, List<Shape> shapes, ToIntFunction<Shape> blocks) {
        long bytes = 0;
        for (Shape shape : shapes) {
            bytes = Math.max(bytes, sizeBytes(shape, Layout.NATIVE, halo(shape), blocks.applyAsInt(shape)));
        }
        MemorySegment data = owner.memory().allocate(bytes);
        Tenancy tenancy = new Tenancy();
        List<Tensor> tensors = new ArrayList<>();
        for (Shape shape : shapes) {
            tensors.add(new CpuTensor(
                    owner, data, shape, Layout.NATIVE, halo(shape), blocks.applyAsInt(shape), shape.batch(), tenancy));
        }
        return tensors;
    }

    /** A tensor with any halo in memory that holds {@link #sizeBytes} and is +0.0 in the halo. */
    static CpuTensor over(CpuWorkspace owner, MemorySegment data, Shape shape, int halo, int block) {
        return new CpuTensor(owner, data, shape, Layout.NATIVE, halo, block, shape.batch(), null);
    }

    static long sizeBytes(Shape shape, Layout layout, int halo, int block) {
        long columns = layout == Layout.ROW_MAJOR ? shape.batch() : (long) blocks(shape.batch(), block) * block;
        return Math.multiplyExact(Math.multiplyExact(columns, (long) positions(shape, halo)), (long) Float.BYTES);
    }

    CpuTensor view(int newBatch) {
        return new CpuTensor(owner, data, shape.withBatch(newBatch), layout, halo, block, wholeBatch, tenancy);
    }

    /** The halo of a native tensor. Nearly all convolutions have a padding of 1; others copy their input. */
    static int halo(Shape shape) {
        return shape.height() > 1 || shape.width() > 1 ? 1 : 0;
    }

    static int positions(Shape shape, int halo) {
        long plane = Math.multiplyExact(shape.height() + 2L * halo, shape.width() + 2L * halo);
        return Math.toIntExact(Math.multiplyExact(shape.channels(), plane));
    }

    /** Positions from one row of a plane to the next. */
    int pitch() {
        return shape.width() + 2 * halo;
    }

    /** Positions from one channel to the next. */
    int planePositions() {
        return (shape.height() + 2 * halo) * pitch();
    }

    /** The position of an element of channel 0; rows and columns may lie in the halo. */
    int position(int y, int x) {
        return (y + halo) * pitch() + x + halo;
    }

    /** The position of a feature. */
    int position(int feature) {
        if (halo == 0) {
            return feature;
        }
        int plane = shape.height() * shape.width();
        int within = feature % plane;
        return feature / plane * planePositions() + position(within / shape.width(), within % shape.width());
    }

    /** Byte offset of position 0 of a column. */
    long base(int column) {
        if (layout == Layout.ROW_MAJOR) {
            return (long) column * Float.BYTES;
        }
        int index = column / block;
        return ((long) index * positions * block + (column - index * block)) * Float.BYTES;
    }

    /** Bytes from one position to the next within a block. */
    long rowStride() {
        return (long) block * Float.BYTES;
    }

    /** Byte offset of one element by its position. */
    long offset(int position, int column) {
        return base(column) + position * rowStride();
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
        clearLanes(batch / block, batch % block);
    }

    /** The lanes of a block from {@code used} on. */
    private void clearLanes(int index, int used) {
        long bytes = positions * rowStride();
        Tail.clear(Raw.address(data, index * bytes, bytes), positions, block, used);
    }

    /**
     * This, for an op that writes it: where another shape had the memory since, halo and tail become +0.0 again. An op that
     * reads its output (beta ≠ 0) finds there what it left, as nobody else has written.
     */
    CpuTensor takeOver() {
        if (tenancy != null && !tenancy.isOf(this)) {
            clearHalo();
            clearWholeTail();
            tenancy.set(this);
        }
        return this;
    }

    /** The right halo of a row and the left one of the next lie side by side, as do the last of a plane and the first. */
    private void clearHalo() {
        if (halo == 0) {
            return;
        }
        int pitch = pitch();
        for (int index = 0; index < blocks(wholeBatch, block); index++) {
            for (int channel = 0; channel < shape.channels(); channel++) {
                int plane = index * positions + channel * planePositions();
                zero(plane, halo * pitch + halo);
                for (int y = 1; y < shape.height(); y++) {
                    zero(plane + (halo + y) * pitch - halo, 2 * halo);
                }
                zero(plane + planePositions() - halo * pitch - halo, halo * pitch + halo);
            }
        }
    }

    /** Positions counted through all blocks. */
    private void zero(int position, int count) {
        long bytes = count * rowStride();
        Raw.clear(Raw.address(data, position * rowStride(), bytes), bytes);
    }

    private void clearWholeTail() {
        if (wholeBatch % block != 0) {
            clearLanes(wholeBatch / block, wholeBatch % block);
        }
    }

    /** Which shape the padding of shared memory fits; views fit where their whole does. */
    private static final class Tenancy {

        private @Nullable Shape shape;
        private int wholeBatch;

        boolean isOf(CpuTensor tensor) {
            return shape != null && shape.sameFeatures(tensor.shape) && wholeBatch == tensor.wholeBatch;
        }

        void set(CpuTensor tensor) {
            shape = tensor.shape;
            wholeBatch = tensor.wholeBatch;
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
