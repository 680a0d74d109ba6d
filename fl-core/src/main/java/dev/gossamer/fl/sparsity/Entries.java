package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.TensorState;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Numbers of one tensor where another has entries. */
final class Entries {

    private Entries() {}

    /** Elements of {@code from} at the entries of {@code at}, in their order. */
    static float[] of(TensorState from, TensorState at) {
        return of(from, at.pattern());
    }

    /** Elements of {@code from} at the entries of a pattern, in their order; all for null. */
    static float[] of(TensorState from, @Nullable SparsityPattern pattern) {
        float[] dense = from.pattern() == null ? from.values() : from.toDense();
        if (pattern == null) {
            return dense;
        }
        float[] chosen = new float[Math.toIntExact(pattern.nnz())];
        int cols = pattern.cols();
        pattern.forEach((row, col, position) -> chosen[position] = dense[row * cols + col]);
        return chosen;
    }

    /** Which elements have a value, by flat index. */
    static BitSet active(TensorState tensor) {
        SparsityPattern pattern = tensor.pattern();
        if (pattern != null) {
            return BitSet.valueOf(pattern.toBits());
        }
        BitSet all = new BitSet();
        all.set(0, Math.toIntExact(tensor.size()));
        return all;
    }

    /** The tensor with exactly these elements; those that had no value get 0. */
    static TensorState activate(TensorState tensor, BitSet elements) {
        float[] dense = tensor.toDense();
        int[] flat = elements.stream().toArray();
        float[] values = new float[flat.length];
        for (int i = 0; i < flat.length; i++) {
            values[i] = dense[flat[i]];
        }
        boolean all = flat.length == dense.length;
        return tensor.with(all ? null : SparsityPattern.fromFlatIndices(tensor.rows(), tensor.cols(), flat), values);
    }
}
