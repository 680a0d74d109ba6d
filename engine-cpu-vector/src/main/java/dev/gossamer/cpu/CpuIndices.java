package dev.gossamer.cpu;

import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Shape;
import java.lang.foreign.MemorySegment;

/**
 * Choices of a max pool: {@code [batch/block][features][block]} bytes, the block being that of a tensor of this shape. Independent
 * of the tensors' block, so that tensors of any batch share them.
 */
final class CpuIndices implements Indices {

    /** What the narrowest vectors may read beyond the end. */
    private static final int SLACK = 16;

    private final CpuWorkspace owner;
    private final MemorySegment data;
    private final Shape shape;
    private final int block;

    CpuIndices(CpuWorkspace owner, Shape shape, int block) {
        this.owner = owner;
        this.shape = shape;
        this.block = block;
        long bytes = Math.multiplyExact((long) CpuTensor.blocks(shape.batch(), block) * block, (long) shape.features());
        this.data = owner.memory().allocate(bytes + SLACK);
    }

    /** Bytes from one element of a plane to the next. */
    int step() {
        return block;
    }

    /** The address of a channel's plane and of columns {@code column .. column + 15}; column is a multiple of 16. */
    long plane(int channel, int column) {
        int plane = shape.height() * shape.width();
        long feature = (long) (column / block) * shape.features() + (long) channel * plane;
        return Raw.address(data, feature * block + column % block, (plane - 1L) * block + 16 + SLACK);
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
