package dev.gossamer.cpu;

import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import java.lang.foreign.MemorySegment;

/**
 * Bits of an activation: {@code [batch/64][positions]} longs, bit = column modulo 64, the positions being those of a native
 * tensor. Independent of the tensors' block, so that tensors of any batch share a mask.
 */
final class CpuMask implements Mask {

    /** Bytes from one position to the next. */
    static final int STEP = Long.BYTES;

    final MemorySegment bits;
    private final CpuWorkspace owner;
    private final Shape shape;
    private final int positions;

    private CpuMask(CpuWorkspace owner, MemorySegment bits, Shape shape) {
        this.owner = owner;
        this.bits = bits;
        this.shape = shape;
        this.positions = CpuTensor.positions(shape, CpuTensor.halo(shape));
    }

    static CpuMask allocate(CpuWorkspace owner, Shape shape) {
        long words = (long) CpuTensor.blocks(shape.batch(), 64) * CpuTensor.positions(shape, CpuTensor.halo(shape));
        return new CpuMask(owner, owner.memory().allocate(words * Long.BYTES), shape);
    }

    /** Byte offset of the 16 bits that hold columns {@code column .. column + 15}; column is a multiple of 16. */
    private long offset(int position, int column) {
        return ((long) (column >>> 6) * positions + position) * Long.BYTES + ((column & 63) >>> 3);
    }

    /** The address of the 16 bits of position 0 and columns {@code column .. column + 15}; others follow by {@link #STEP}. */
    long address16(int column) {
        return Raw.address(bits, offset(0, column), (positions - 1L) * STEP + Short.BYTES);
    }

    /**
     * The address of the 16 bits of a position and of columns {@code column .. column + 15}, {@code rows} of which are touched,
     * {@code step} bytes apart.
     */
    long address16(int position, int column, int rows, int step) {
        return Raw.address(bits, offset(position, column), (rows - 1L) * step + Short.BYTES);
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
