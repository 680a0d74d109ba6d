package dev.gossamer.fl.run;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor of a {@link Safetensors} file.
 *
 * @param shape dimensions, none for a scalar
 * @param data the elements in row-major order, little-endian; exactly as many bytes as type and shape ask for
 */
public record SafeTensor(String name, Dtype type, List<Long> shape, MemorySegment data) {

    private static final ValueLayout.OfFloat LITTLE_FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LITTLE_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The types of element that are read and written, by their names in a file. */
    public enum Dtype {
        F32(4),
        I64(8),
        U8(1);

        private final int bytes;

        Dtype(int bytes) {
            this.bytes = bytes;
        }

        public int bytes() {
            return bytes;
        }
    }

    public SafeTensor {
        shape = List.copyOf(shape);
        long expected = sizeBytes(name, type, shape);
        if (data.byteSize() != expected) {
            throw new IllegalArgumentException("Tensor '" + name + "' of type " + type + " and shape " + shape
                    + " takes " + expected + " bytes, but has " + data.byteSize());
        }
    }

    /** Bytes that type and shape ask for; refuses negative dimensions and overflow. */
    static long sizeBytes(String name, Dtype type, List<Long> shape) {
        try {
            long size = type.bytes;
            for (long dimension : shape) {
                if (dimension < 0) {
                    throw new IllegalArgumentException("Tensor '" + name + "': negative dimension in shape " + shape);
                }
                size = Math.multiplyExact(size, dimension);
            }
            return size;
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("Tensor '" + name + "': shape " + shape + " is too large", e);
        }
    }

    /** A tensor of floats, which are copied. */
    public static SafeTensor of(String name, int[] shape, float[] values) {
        MemorySegment data = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, Float.BYTES)]);
        MemorySegment.copy(values, 0, data, LITTLE_FLOAT, 0, values.length);
        return new SafeTensor(
                name, Dtype.F32, Arrays.stream(shape).mapToObj(Long::valueOf).toList(), data);
    }

    /** Number of elements. */
    public long size() {
        return data.byteSize() / type.bytes;
    }

    /**
     * The elements of an F32 tensor, a new array.
     *
     * @throws IllegalStateException if it is of another type, or too large for an array
     */
    public float[] floats() {
        require(Dtype.F32);
        float[] values = new float[length()];
        MemorySegment.copy(data, LITTLE_FLOAT, 0, values, 0, values.length);
        return values;
    }

    /**
     * The elements of an I64 tensor, a new array.
     *
     * @throws IllegalStateException if it is of another type, or too large for an array
     */
    public long[] longs() {
        require(Dtype.I64);
        long[] values = new long[length()];
        MemorySegment.copy(data, LITTLE_LONG, 0, values, 0, values.length);
        return values;
    }

    private int length() {
        if (size() > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("Tensor '" + name + "' has " + size() + " elements, too many for an array");
        }
        return (int) size();
    }

    private void require(Dtype expected) {
        if (type != expected) {
            throw new IllegalStateException("Tensor '" + name + "' is of type " + type + ", not " + expected);
        }
    }
}
