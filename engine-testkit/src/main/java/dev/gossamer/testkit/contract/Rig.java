package dev.gossamer.testkit.contract;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Guard;
import dev.gossamer.testkit.Numbers;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.reference.Elementwise;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operands of one case, in a child workspace of their own. Every tensor has a fence behind it, a small tensor that must
 * be the same at the end; every read checks guard words and padding,
 * or what lies outside a pattern.
 */
final class Rig implements AutoCloseable {

    private static final float[] FENCE = Numbers.filled(19, -77.25f);

    private final Workspace workspace;
    private final PaddingProbe padding;
    private final List<Tensor> fences = new ArrayList<>();
    private final List<Tensor> natives = new ArrayList<>();

    Rig(Workspace parent, PaddingProbe padding) {
        this.workspace = parent.child();
        this.padding = padding;
        fence();
    }

    Workspace workspace() {
        return workspace;
    }

    // ---- operands

    /** A tensor with these row-major numbers. */
    Tensor tensor(Shape shape, Layout layout, float[] numbers) {
        Tensor tensor = workspace.tensor(shape, layout);
        fence();
        if (layout == Layout.NATIVE) {
            natives.add(tensor);
        }
        return upload(tensor, numbers);
    }

    /** A native tensor with these numbers: plain, or a view of a larger one that is NaN beyond the view. */
    Tensor tensor(Shape shape, int beyond, float[] numbers) {
        if (beyond == 0) {
            return tensor(shape, Layout.NATIVE, numbers);
        }
        Tensor whole = workspace.tensor(shape.withBatch(shape.batch() + beyond), Layout.NATIVE);
        fence();
        upload(whole, widened(shape, beyond, numbers));
        return workspace.view(whole, shape.batch());
    }

    /** The mask of the ReLU of these numbers, with room for {@code beyond} more samples. */
    Mask mask(Shape shape, int beyond, float[] activation) {
        Mask mask = workspace.mask(shape.withBatch(shape.batch() + beyond));
        Tensor x = tensor(shape, beyond, activation);
        workspace.nn().relu(x, x, mask);
        return mask;
    }

    /** An old output, or NaN where it must not be read. */
    static float[] unread(float beta, float[] old) {
        return beta == 0 ? Numbers.nan(old.length) : old;
    }

    /** Values over a matrix space of their own. */
    Values matrix(int rows, int cols, @Nullable SparsityPattern pattern, float[] numbers) {
        return values(space(rows, cols, pattern), Role.THETA, numbers);
    }

    /** Zero values over a matrix space of their own with this pattern. */
    Values matrix(int rows, int cols, SparsityPattern pattern) {
        return workspace.values(space(rows, cols, pattern), Role.THETA);
    }

    /** The pattern of a space, a full one if it is dense. */
    static SparsityPattern entries(Space space) {
        SparsityPattern pattern = space.pattern();
        return pattern == null ? SparsityPattern.full(space.rows(), space.cols()) : pattern;
    }

    /** A matrix space, dense if the pattern is null. */
    Space space(int rows, int cols, @Nullable SparsityPattern pattern) {
        Space space = workspace.space(Geometry.matrix(rows, cols));
        if (pattern != null) {
            workspace.repattern(space, pattern);
        }
        return space;
    }

    /** Values over a vector space of their own. */
    Values vector(int size, @Nullable SparsityPattern pattern, float[] numbers) {
        Space space = workspace.space(size);
        if (pattern != null) {
            workspace.repattern(space, pattern);
        }
        return values(space, Role.THETA, numbers);
    }

    Values values(Space space, Role role, float[] numbers) {
        return upload(workspace.values(space, role), numbers);
    }

    Labels labels(int[] classes) {
        Labels labels = workspace.labels(Math.max(1, classes.length));
        workspace.upload(MemorySegment.ofArray(classes), classes.length, labels);
        return labels;
    }

    Cell cell(float value) {
        return workspace.cell(value);
    }

    Tensor upload(Tensor tensor, float[] numbers) {
        try (Arena arena = Arena.ofConfined()) {
            workspace.upload(arena.allocateFrom(ValueLayout.JAVA_FLOAT, numbers), tensor);
        }
        return tensor;
    }

    Values upload(Values values, float[] numbers) {
        try (Arena arena = Arena.ofConfined()) {
            workspace.upload(arena.allocateFrom(ValueLayout.JAVA_FLOAT, numbers), values);
        }
        return values;
    }

    // ---- results

    float[] read(Tensor tensor) {
        workspace.sync();
        padded(tensor);
        return Guard.download(workspace, tensor);
    }

    float[] read(Values values) {
        float[] numbers = Guard.download(workspace, values);
        zeroOutside(values, numbers);
        return numbers;
    }

    float read(Cell cell) {
        return workspace.read(cell);
    }

    /** Looks at every fence and all padding, and frees everything. */
    @Override
    public void close() {
        try (workspace) {
            workspace.sync();
            natives.forEach(this::padded);
            for (Tensor fence : fences) {
                Close.sameBits("A fence, memory beside the operands,", Guard.download(workspace, fence), FENCE);
            }
        }
    }

    private void padded(Tensor tensor) {
        if (tensor.layout() == Layout.NATIVE && !padding.paddingIsZero(tensor)) {
            throw new AssertionError("The padding of a tensor of " + tensor.shape() + " is not +0.0 everywhere");
        }
    }

    /** Storage may be dense-masked: what lies outside the pattern must be 0, or a dot product would see it. */
    private void zeroOutside(Values values, float[] numbers) {
        float squares = Elementwise.dot(numbers, numbers);
        if (values.space().pattern() != null && Float.isFinite(squares)) {
            Cell dot = cell(0);
            workspace.dense().dot(values, values, dot);
            Close.check("The dot product of all that is stored", read(dot), squares, squares, numbers.length + 2);
        }
    }

    private void fence() {
        fences.add(upload(workspace.tensor(Shape.of(FENCE.length, 1), Layout.ROW_MAJOR), FENCE));
    }

    private static float[] widened(Shape shape, int beyond, float[] numbers) {
        int batch = shape.batch();
        float[] wide = Numbers.nan((long) shape.features() * (batch + beyond));
        for (int f = 0; f < shape.features(); f++) {
            System.arraycopy(numbers, f * batch, wide, f * (batch + beyond), batch);
        }
        return wide;
    }
}
