package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Formats that publications count with, for comparison: nothing of a run travels in them.
 *
 * <p>Bytes are those of the arrays alone, without names and shapes, little-endian. A tensor is the matrix {@code rows x cols}
 * of {@link TensorState}, z its number of values, which are f32. One without a pattern takes {@code 4·rows·cols} in every
 * form: biases and batch normalisations are sent whole.
 */
public enum ComparisonForm {
    /** Every element: {@code 4·rows·cols}. */
    DENSE,
    /** Row pointers, columns (i32), values: {@code 8·z + 4·(rows + 1)}. What ZeroFL's file sizes amount to. */
    CSR,
    /** Column pointers, rows (i32), values: {@code 8·z + 4·(cols + 1)}. */
    CSC,
    /** Rows, columns (i64, as PyTorch's sparse tensors have them), values: {@code 20·z}. SparseFedPP's files. */
    COO_INT64,
    /** Row-major element numbers (i64), values: {@code 12·z}. */
    FLAT_COO_INT64,
    /** Columns (i32) and values of all rows, filled up to the longest: {@code 8·rows·longest}. */
    ELL,
    /** A bit for each element, values: {@code ⌈rows·cols/8⌉ + 4·z}. */
    BITMASK;

    // ---- sizes
    // -------------------------------------------------------------------------------------------------------

    /** Bytes of a model's tensors, by formula. */
    public long sizeBytes(ModelState model) {
        return model.tensors().stream().mapToLong(this::sizeBytes).sum();
    }

    /** Bytes of a tensor, by formula. */
    public long sizeBytes(TensorState tensor) {
        SparsityPattern pattern = tensor.pattern();
        long values = Float.BYTES * tensor.nnz();
        if (pattern == null) {
            return values;
        }
        long z = pattern.nnz();
        return switch (this) {
            case DENSE -> Float.BYTES * pattern.size();
            case CSR -> values + Integer.BYTES * (z + pattern.rows() + 1);
            case CSC -> values + Integer.BYTES * (z + pattern.cols() + 1);
            case COO_INT64 -> values + 2 * Long.BYTES * z;
            case FLAT_COO_INT64 -> values + Long.BYTES * z;
            case ELL -> (long) (Float.BYTES + Integer.BYTES) * pattern.rows() * longestRow(pattern);
            case BITMASK -> values + MaskPlan.bitBytes(pattern.size());
        };
    }

    private static long longestRow(SparsityPattern pattern) {
        int longest = 0;
        for (int row = 0; row < pattern.rows(); row++) {
            longest = Math.max(longest, pattern.rowNnz(row));
        }
        return longest;
    }

    /**
     * {@code n·H₂(z/n) / 8}, the bytes that no code of a mask gets below on average if its n elements are independent:
     * Shannon's bound, of the mask without the values.
     */
    public static double entropyBytes(SparsityPattern pattern) {
        return pattern.size() * entropyBits(pattern.density()) / Byte.SIZE;
    }

    /** {@code H₂(d)}: bits for each element of a random mask of a density. */
    public static double entropyBits(double density) {
        if (density <= 0 || density >= 1) {
            return 0;
        }
        return -(density * Math.log(density) + (1 - density) * Math.log1p(-density)) / Math.log(2);
    }

    // ---- bytes
    // -------------------------------------------------------------------------------------------------------

    /**
     * The arrays of a tensor with a pattern, one after the other.
     *
     * @throws CodecException if there is no pattern, or they do not fit a Java array
     * @throws UnsupportedOperationException for forms that are sizes only: all but CSR and the two of coordinates
     */
    public byte[] encode(TensorState tensor) {
        SparsityPattern pattern = tensor.pattern();
        long bytes = sizeBytes(tensor);
        if (pattern == null || bytes > WireCodec.MAX_BYTES) {
            throw new CodecException("Tensor '" + tensor.name() + "' cannot be written as " + this + ": "
                    + (pattern == null ? "it has no pattern" : bytes + " bytes do not fit an array"));
        }
        ByteBuffer out = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (this) {
            case CSR -> {
                putInts(pattern.copyRowPtr(), out);
                putInts(pattern.copyColIdx(), out);
            }
            case COO_INT64 -> {
                pattern.forEach((row, col, position) -> out.putLong(row));
                pattern.forEach((row, col, position) -> out.putLong(col));
            }
            case FLAT_COO_INT64 -> pattern.flatIndices().forEach(out::putLong);
            default -> throw sizeOnly();
        }
        out.asFloatBuffer().put(tensor.values());
        return out.array();
    }

    private UnsupportedOperationException sizeOnly() {
        return new UnsupportedOperationException(this + " is a size to compare with, not a form to write");
    }

    private static void putInts(int[] ints, ByteBuffer out) {
        out.asIntBuffer().put(ints);
        out.position(out.position() + ints.length * Integer.BYTES);
    }

    /**
     * The tensor whose arrays {@link #encode} wrote.
     *
     * @throws CodecException if these bytes are not such arrays
     * @throws UnsupportedOperationException as there
     */
    public TensorState decode(byte[] bytes, String name, int... shape) {
        int rows = TensorState.rows(shape);
        int cols = TensorState.cols(shape);
        long pointers = this == CSR ? Integer.BYTES * (rows + 1L) : 0;
        int entryBytes = switch (this) {
            case CSR -> Integer.BYTES + Float.BYTES;
            case COO_INT64 -> 2 * Long.BYTES + Float.BYTES;
            case FLAT_COO_INT64 -> Long.BYTES + Float.BYTES;
            default -> throw sizeOnly();
        };
        if (bytes.length < pointers || (bytes.length - pointers) % entryBytes != 0) {
            throw new CodecException("Tensor '" + name + "' of shape " + Arrays.toString(shape) + " cannot take "
                    + bytes.length + " bytes as " + this);
        }
        int nnz = (int) ((bytes.length - pointers) / entryBytes);
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            SparsityPattern pattern = switch (this) {
                case CSR -> {
                    int[] rowPtr = getInts(rows + 1, in);
                    yield SparsityPattern.of(rows, cols, rowPtr, getInts(nnz, in));
                }
                case COO_INT64 -> SparsityPattern.fromFlatIndices(rows, cols, coordinates(nnz, cols, in));
                default -> SparsityPattern.fromFlatIndices(rows, cols, getLongs(nnz, in));
            };
            float[] values = new float[nnz];
            in.asFloatBuffer().get(values);
            return TensorState.sparse(name, shape, pattern, values);
        } catch (IllegalArgumentException e) {
            throw new CodecException("Tensor '" + name + "': " + e.getMessage(), e);
        }
    }

    private static long[] coordinates(int nnz, int cols, ByteBuffer in) {
        long[] row = getLongs(nnz, in);
        long[] flat = getLongs(nnz, in);
        for (int i = 0; i < nnz; i++) {
            if (row[i] < 0 || row[i] > Integer.MAX_VALUE || flat[i] < 0 || flat[i] >= cols) {
                throw new IllegalArgumentException(
                        "entry " + i + " at (" + row[i] + ", " + flat[i] + ") is outside the matrix");
            }
            flat[i] += row[i] * cols;
        }
        return flat;
    }

    private static int[] getInts(int count, ByteBuffer in) {
        int[] ints = new int[count];
        in.asIntBuffer().get(ints);
        in.position(in.position() + count * Integer.BYTES);
        return ints;
    }

    private static long[] getLongs(int count, ByteBuffer in) {
        long[] longs = new long[count];
        in.asLongBuffer().get(longs);
        in.position(in.position() + count * Long.BYTES);
        return longs;
    }
}
