package dev.gossamer.cpu;

import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bits of an activation: {@code [batch/64][features]} longs, bit = column modulo 64. Independent of the tensors' block, so
 * that tensors of any batch share a mask.
 */
final class CpuMask implements Mask {

    /** Bytes from one row to the next. */
    static final int STEP = Long.BYTES;

    final MemorySegment bits;
    private final CpuWorkspace owner;
    private final Shape shape;

    private CpuMask(CpuWorkspace owner, MemorySegment bits, Shape shape) {
        this.owner = owner;
        this.bits = bits;
        this.shape = shape;
    }

    static CpuMask allocate(CpuWorkspace owner, Shape shape) {
        long words = (long) CpuTensor.blocks(shape.batch(), 64) * shape.features();
        return new CpuMask(owner, owner.memory().allocate(words * Long.BYTES), shape);
    }

    /** Byte offset of the 16 bits that hold columns {@code column .. column + 15}; column is a multiple of 16. */
    private long offset(int row, int column) {
        return ((long) (column >>> 6) * shape.features() + row) * Long.BYTES + ((column & 63) >>> 3);
    }

    /** The address of the 16 bits of row 0 and columns {@code column .. column + 15}; the other rows follow by {@link #STEP}. */
    long address16(int column) {
        return Raw.address(bits, offset(0, column), (shape.features() - 1L) * STEP + Short.BYTES);
    }

    void set16(int row, int column, int sixteen) {
        bits.set(ValueLayout.JAVA_SHORT, offset(row, column), (short) sixteen);
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public Object owner() {
        return owner;
    }
}
