package dev.gossamer.engine.check;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Resource;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The checks of one workspace: who may enter, and what may be carried in. Every message names the argument and the remedy. */
final class Door {

    private final Object workspace;
    private final @Nullable Door parent;
    private final Thread thread;
    private final boolean[] recording;
    private boolean open = true;

    Door(Object workspace, @Nullable Door parent) {
        this.workspace = workspace;
        this.parent = parent;
        this.thread = parent == null ? Thread.currentThread() : parent.thread;
        this.recording = parent == null ? new boolean[1] : parent.recording;
    }

    /** The workspace is open and the caller is its owner thread. */
    void enter() {
        if (!open) {
            throw new IllegalStateException("This workspace is closed");
        }
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException(
                    "This workspace belongs to thread '" + thread.getName() + "' and was called from '"
                            + Thread.currentThread().getName() + "'; give each thread a workspace of its own");
        }
    }

    /** As {@link #enter}, for calls that allocate, move host memory or wait, which a recorded step must not do. */
    void enterUnrecorded(String call) {
        enter();
        if (recording[0]) {
            throw new IllegalStateException(
                    call
                            + " is not allowed inside a recorded step: it allocates, moves host memory or waits; do it before or after the step");
        }
    }

    boolean isOpen() {
        return open;
    }

    void shut() {
        open = false;
    }

    /** Runs the body of a recorded step. */
    void record(Runnable body) {
        enter();
        if (recording[0]) {
            throw new IllegalStateException("A recorded step cannot run inside another");
        }
        recording[0] = true;
        try {
            body.run();
        } finally {
            recording[0] = false;
        }
    }

    /** The operand was made by this workspace or one around it, which is still open. */
    void owned(Resource operand, String name) {
        Object owner = Objects.requireNonNull(operand, name).owner();
        for (Door door = this; door != null; door = door.parent) {
            if (door.workspace == owner) {
                return;
            }
        }
        throw new IllegalArgumentException(name + " belongs to another workspace or backend ("
                + operand.getClass().getSimpleName() + "); download it there and upload it here");
    }

    void tensor(Tensor tensor, String name, Layout layout) {
        owned(tensor, name);
        if (tensor.layout() != layout) {
            throw new IllegalArgumentException(name + " must have layout " + layout + ", it has " + tensor.layout());
        }
    }

    void tensor(Tensor tensor, String name, Layout layout, Shape shape) {
        tensor(tensor, name, layout);
        shape(tensor.shape(), shape, name);
    }

    /** A tensor read as a matrix. A plane may have padding between its rows, so a native tensor has none. */
    void matrix(Tensor tensor, String name, Layout layout, int rows, int cols) {
        tensor(tensor, name, layout);
        if (layout == Layout.NATIVE
                && (tensor.shape().height() > 1 || tensor.shape().width() > 1)) {
            throw new IllegalArgumentException(name + " has shape " + tensor.shape()
                    + "; a NATIVE tensor is read as a matrix only where height and width are 1");
        }
        if (tensor.shape().features() != rows || tensor.shape().batch() != cols) {
            throw new IllegalArgumentException(name + " must be " + rows + " x " + cols + ", it is "
                    + tensor.shape().features() + " x " + tensor.shape().batch());
        }
    }

    /** Values over a matrix space. */
    void matrix(Values values, String name, int rows, int cols) {
        owned(values, name);
        Space space = values.space();
        if (space.rows() != rows || space.cols() != cols) {
            throw new IllegalArgumentException(name + " must be over a space of " + rows + " x " + cols
                    + ", it is over " + space.rows() + " x " + space.cols());
        }
    }

    /** Values over the space of a vector, dense or with a pattern. */
    void vector(Values values, String name, int length) {
        matrix(values, name, 1, length);
    }

    static void dense(Values values, String name) {
        if (values.space().pattern() != null) {
            throw new IllegalArgumentException(name + " must be over a dense space");
        }
    }

    void weights(Values values, String name, Geometry geometry) {
        matrix(values, name, geometry.rows(), geometry.cols());
    }

    void mask(Mask mask, String name, Shape shape) {
        owned(mask, name);
        room(mask.shape(), shape, name);
    }

    /** The mask that a gradient is written through, if any. */
    void maskOrNull(@Nullable Mask mask, Shape shape) {
        if (mask != null) {
            mask(mask, "mask", shape);
        }
    }

    /** {@code holds} is the room of something made for a largest batch. */
    static void room(Shape holds, Shape shape, String name) {
        if (!holds.sameFeatures(shape) || holds.batch() < shape.batch()) {
            throw new IllegalArgumentException(
                    name + " was made for " + holds + ", too small or of other features than " + shape);
        }
    }

    static void shape(Shape got, Shape wanted, String name) {
        if (!got.equals(wanted)) {
            throw new IllegalArgumentException(name + " must have shape " + wanted + ", it has " + got);
        }
    }

    static void sameSpace(Values a, Values b, String names) {
        if (a.space() != b.space()) {
            throw new IllegalArgumentException(names + " must be over the same space");
        }
    }

    /** Tensors that share no memory, be it through a view. */
    static void disjoint(Tensor output, Tensor input, String outputName, String inputName) {
        distinct(output.memory(), input.memory(), outputName, inputName);
    }

    static void distinct(Object output, Object input, String outputName, String inputName) {
        if (output == input) {
            throw new IllegalArgumentException(
                    outputName + " must not be " + inputName + ": the output would overwrite its input");
        }
    }

    static void finite(float value, String name) {
        if (!Float.isFinite(value)) {
            throw new IllegalArgumentException(name + " must be finite, got " + value);
        }
    }

    /** Host memory that holds {@code count} numbers of {@code width} bytes. */
    static void host(MemorySegment segment, long count, int width, String name) {
        long needed = Math.multiplyExact(count, (long) width);
        if (segment.byteSize() < needed) {
            throw new IllegalArgumentException(name + " has " + segment.byteSize() + " bytes; " + count + " numbers of "
                    + width + " bytes need " + needed);
        }
    }

    /** Not an array of other numbers, which would be read as garbage; an array of bytes may hold any. */
    static void array(MemorySegment segment, Class<?> type, String name) {
        if (!segment.isNative() && segment.heapBase().isPresent()) {
            Class<?> its = segment.heapBase().get().getClass();
            if (its != type && its != byte[].class) {
                throw new IllegalArgumentException(name + " must be of a " + type.getSimpleName()
                        + " or of bytes, and is of a " + its.getSimpleName());
            }
        }
    }

    /** The member at {@code index} of a group does not stand earlier in it. An index loop, as an iterator would allocate. */
    static void firstMention(List<? extends Resource> group, int index) {
        for (int earlier = 0; earlier < index; earlier++) {
            if (group.get(earlier) == group.get(index)) {
                throw new IllegalArgumentException(
                        "The group names the same member twice, at " + earlier + " and " + index);
            }
        }
    }
}
