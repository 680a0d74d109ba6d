package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;

/** Bits of an activation: {@code [features][words]} of 32 bits, bit = column modulo 32, lowest first. */
final class CudaMask implements Mask {

    /** Words from one row to the next. */
    final int words;

    private final CudaWorkspace owner;
    private final DeviceBuffer bits;
    private final Shape shape;

    CudaMask(CudaWorkspace owner, Shape shape) {
        this.owner = owner;
        this.shape = shape;
        this.words = (int) ((shape.batch() + 31L) / 32);
        this.bits = owner.allocateZeroed((long) shape.features() * words * Integer.BYTES, "a mask of " + shape);
    }

    DeviceBuffer bits() {
        return bits;
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
