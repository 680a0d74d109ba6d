package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import java.util.Arrays;

/**
 * Rows of {@code batch} numbers. {@link Layout#NATIVE} rows are followed by {@link #PADDING} spare numbers: this backend has
 * no use for them, but with them the padding contract can be broken, and so tested, here as elsewhere.
 */
final class ReferenceTensor implements Tensor {

    static final int PADDING = 3;

    private final ReferenceWorkspace owner;
    private final Shape shape;
    private final Layout layout;
    private final float[] memory;
    private final int stride;

    ReferenceTensor(ReferenceWorkspace owner, Shape shape, Layout layout) {
        this.owner = owner;
        this.shape = shape;
        this.layout = layout;
        this.stride = shape.batch() + (layout == Layout.NATIVE ? PADDING : 0);
        this.memory = new float[Math.multiplyExact(shape.features(), stride)];
    }

    /** A view of the first samples of another tensor. */
    ReferenceTensor(ReferenceTensor whole, int batch) {
        this.owner = whole.owner;
        this.shape = whole.shape.withBatch(batch);
        this.layout = whole.layout;
        this.memory = whole.memory;
        this.stride = whole.stride;
    }

    @Override
    public Object memory() {
        return memory;
    }

    @Override
    public Object owner() {
        return owner;
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public Layout layout() {
        return layout;
    }

    long bytes() {
        return (long) memory.length * Float.BYTES;
    }

    /** A copy without padding, row-major. */
    float[] get() {
        int batch = shape.batch();
        float[] packed = new float[Math.toIntExact(shape.size())];
        for (int f = 0; f < shape.features(); f++) {
            System.arraycopy(memory, f * stride, packed, f * batch, batch);
        }
        return packed;
    }

    /** Overwrites the numbers of this tensor with row-major ones; padding and the rest of a viewed tensor stay. */
    void set(float[] packed) {
        int batch = shape.batch();
        for (int f = 0; f < shape.features(); f++) {
            System.arraycopy(packed, f * batch, memory, f * stride, batch);
        }
    }

    void setPadding(float value) {
        for (int f = 0; f < shape.features(); f++) {
            Arrays.fill(memory, (f + 1) * stride - paddingPerRow(), (f + 1) * stride, value);
        }
    }

    boolean paddingIsZero() {
        for (int f = 0; f < shape.features(); f++) {
            for (int i = (f + 1) * stride - paddingPerRow(); i < (f + 1) * stride; i++) {
                if (Float.floatToRawIntBits(memory[i]) != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private int paddingPerRow() {
        return layout == Layout.NATIVE ? PADDING : 0;
    }
}
