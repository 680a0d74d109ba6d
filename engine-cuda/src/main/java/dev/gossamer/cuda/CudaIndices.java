package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Shape;

/** Choices of a max pool: {@code [features][words]} of 32 bits, four samples to a word, the first in the lowest byte. */
final class CudaIndices implements Indices {

    /** Words from one row to the next. */
    final int words;

    private final CudaWorkspace owner;
    private final DeviceBuffer chosen;
    private final Shape shape;

    CudaIndices(CudaWorkspace owner, Shape shape) {
        this.owner = owner;
        this.shape = shape;
        this.words = (int) ((shape.batch() + 3L) / 4);
        this.chosen = owner.allocateZeroed((long) shape.features() * words * Integer.BYTES, "indices of " + shape);
    }

    DeviceBuffer chosen() {
        return chosen;
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
