package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One named tensor of a model on the host: all its values, or a pattern and the values at the pattern's entries.
 *
 * <p>A tensor of two or more dimensions is the matrix {@code [shape[0], shape[1]·shape[2]·…]}, one of fewer is the row
 * {@code [1, n]}; a pattern has the rows and columns of that matrix. Values are in row-major order: all of them without a
 * pattern, in the order of the pattern's entries with one. An entry of the pattern may hold any number, zero too: what is
 * absent is what the pattern lacks.
 *
 * <p>Immutable by agreement: the array of values is neither copied on the way in nor on the way out, and whoever holds
 * it does not write to it. Equality is by content, values bit by bit (NaN equals the same NaN, -0 differs from 0).
 */
public final class TensorState {

    /** The largest number of dimensions. */
    public static final int MAX_RANK = 8;

    private final String name;
    private final int[] shape;
    private final @Nullable SparsityPattern pattern;
    private final float[] values;

    private TensorState(String name, int[] shape, @Nullable SparsityPattern pattern, float[] values) {
        this.name = Objects.requireNonNull(name, "name");
        this.shape = shape.clone();
        this.pattern = pattern;
        this.values = Objects.requireNonNull(values, "values");
        check();
    }

    /** A tensor with all its values. */
    public static TensorState dense(String name, int[] shape, float[] values) {
        return new TensorState(name, shape, null, values);
    }

    /** A tensor with values at the entries of a pattern. */
    public static TensorState sparse(String name, int[] shape, SparsityPattern pattern, float[] values) {
        return new TensorState(name, shape, Objects.requireNonNull(pattern, "pattern"), values);
    }

    /** This tensor's name and shape with another pattern (null: all values are given) and its values. */
    public TensorState with(@Nullable SparsityPattern newPattern, float[] newValues) {
        return new TensorState(name, shape, newPattern, newValues);
    }

    /** This tensor under another name. */
    public TensorState named(String newName) {
        return new TensorState(newName, shape, pattern, values);
    }

    private void check() {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("A tensor needs a name");
        }
        if (shape.length > MAX_RANK) {
            throw refusal("has " + shape.length + " dimensions, but at most " + MAX_RANK + " are allowed");
        }
        long size;
        try {
            size = size(shape);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException("Tensor '" + name + "': " + e.getMessage(), e);
        }
        if (pattern != null && (pattern.rows() != rows(shape) || pattern.cols() != cols(shape))) {
            throw refusal("is a matrix of " + rows(shape) + "x" + cols(shape) + ", but its pattern is " + pattern);
        }
        long expected = pattern == null ? size : pattern.nnz();
        if (values.length != expected) {
            throw refusal("has " + values.length + " values, but its " + (pattern == null ? "shape" : "pattern")
                    + " asks for " + expected);
        }
    }

    private IllegalArgumentException refusal(String what) {
        return new IllegalArgumentException("Tensor '" + name + "' of shape " + Arrays.toString(shape) + " " + what);
    }

    /** Number of elements of a shape; 1 for the shape without dimensions. */
    public static long size(int... shape) {
        long size = 1;
        for (int dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException("dimension " + dimension + " in shape " + Arrays.toString(shape));
            }
            size = Math.multiplyExact(size, (long) dimension);
        }
        return size;
    }

    /** Rows of the matrix that a shape stands for. */
    public static int rows(int... shape) {
        return shape.length >= 2 ? shape[0] : 1;
    }

    /** Columns of the matrix that a shape stands for. */
    public static int cols(int... shape) {
        int[] columns = shape.length >= 2 ? Arrays.copyOfRange(shape, 1, shape.length) : shape;
        return Math.toIntExact(size(columns));
    }

    public String name() {
        return name;
    }

    /** A copy of the dimensions. */
    public int[] shape() {
        return shape.clone();
    }

    /** Rows of the matrix that this tensor is. */
    public int rows() {
        return rows(shape);
    }

    /** Columns of the matrix that this tensor is. */
    public int cols() {
        return cols(shape);
    }

    /** The entries that have values, or null if all have. */
    public @Nullable SparsityPattern pattern() {
        return pattern;
    }

    /** The values themselves, not a copy: see the class comment. Length {@link #nnz()}. */
    public float[] values() {
        return values;
    }

    /** Number of elements, with or without a value. */
    public long size() {
        return size(shape);
    }

    /** Number of values. */
    public long nnz() {
        return values.length;
    }

    /**
     * All elements in row-major order, absent ones as 0; always a new array.
     *
     * @throws IllegalStateException if they do not fit a Java array
     */
    public float[] toDense() {
        if (pattern == null) {
            return values.clone();
        }
        if (size() > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException(
                    "Tensor '" + name + "' has " + size() + " elements, too many for one array");
        }
        float[] dense = new float[(int) size()];
        int columns = pattern.cols();
        pattern.forEach((row, col, position) -> dense[row * columns + col] = values[position]);
        return dense;
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return this == o
                || (o instanceof TensorState other
                        && name.equals(other.name)
                        && Arrays.equals(shape, other.shape)
                        && Objects.equals(pattern, other.pattern)
                        && sameBits(values, other.values));
    }

    private static boolean sameBits(float[] a, float[] b) {
        if (a.length != b.length) {
            return false;
        }
        for (int i = 0; i < a.length; i++) {
            if (Float.floatToRawIntBits(a[i]) != Float.floatToRawIntBits(b[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * name.hashCode() + Arrays.hashCode(shape)) + values.length;
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape) + (pattern == null ? " dense" : " nnz=" + values.length);
    }
}
