package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import java.util.Arrays;
import java.util.List;

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
    private final boolean overlaid;

    ReferenceTensor(ReferenceWorkspace owner, Shape shape, Layout layout) {
        this(owner, shape, layout, new float[size(shape, layout)], false);
    }

    private ReferenceTensor(ReferenceWorkspace owner, Shape shape, Layout layout, float[] memory, boolean overlaid) {
        this.owner = owner;
        this.shape = shape;
        this.layout = layout;
        this.memory = memory;
        this.stride = stride(shape, layout);
        this.overlaid = overlaid;
    }

    /** Native tensors in one memory. */
    static List<ReferenceTensor> overlay(ReferenceWorkspace owner, List<Shape> shapes) {
        int size = shapes.stream()
                .mapToInt(shape -> size(shape, Layout.NATIVE))
                .max()
                .orElseThrow();
        float[] memory = new float[size];
        return shapes.stream()
                .map(shape -> new ReferenceTensor(owner, shape, Layout.NATIVE, memory, true))
                .toList();
    }

    private static int stride(Shape shape, Layout layout) {
        return shape.batch() + (layout == Layout.NATIVE ? PADDING : 0);
    }

    private static int size(Shape shape, Layout layout) {
        return Math.multiplyExact(shape.features(), stride(shape, layout));
    }

    /** A view of the first samples of another tensor. */
    ReferenceTensor(ReferenceTensor whole, int batch) {
        this.owner = whole.owner;
        this.shape = whole.shape.withBatch(batch);
        this.layout = whole.layout;
        this.memory = whole.memory;
        this.stride = whole.stride;
        this.overlaid = whole.overlaid;
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

    /** Overwrites the numbers of this tensor with row-major ones; the rest of a viewed tensor stays. */
    void set(float[] packed) {
        int batch = shape.batch();
        for (int f = 0; f < shape.features(); f++) {
            System.arraycopy(packed, f * batch, memory, f * stride, batch);
        }
        if (overlaid) {
            setPadding(0);
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
