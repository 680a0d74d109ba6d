package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Global magnitude pruning on the host: the prunable tensors of a model are one list in the model's order, and what is
 * smallest in it goes, by {@link MagnitudeSelection}'s rule (ties: the lower index stays; NaN is refused).
 */
public final class MagnitudePruning {

    private MagnitudePruning() {}

    /** As below, all tensors being prunable. */
    public static ModelState keepTop(ModelState model, long keep) {
        return keepTop(model, tensor -> true, keep);
    }

    /**
     * The model with exactly {@code keep} values left in its prunable tensors, or unchanged if they have no more than that.
     *
     * <p>Only values that are there are ranked: what a pattern lacks never comes back, and patterns of successive prunings
     * are nested. A value that is there and happens to be 0 is ranked like any other. A dense tensor that loses nothing
     * stays dense.
     *
     * @param prunable the others stay as they are
     */
    public static ModelState keepTop(ModelState model, Predicate<TensorState> prunable, long keep) {
        if (keep < 0) {
            throw new IllegalArgumentException("keep is " + keep + ", but must be 0 or more");
        }
        List<TensorState> tensors = model.tensors().stream().filter(prunable).toList();
        if (keep >= tensors.stream().mapToLong(TensorState::nnz).sum()) {
            return model;
        }
        List<MemorySegment> values = tensors.stream()
                .map(tensor -> MemorySegment.ofArray(tensor.values()))
                .toList();
        return retain(model, prunable, MagnitudeSelection.keepTop(values, keep));
    }

    /** The model with those values of its prunable tensors whose bit is set. A dense tensor that loses nothing stays dense. */
    static ModelState retain(ModelState model, Predicate<TensorState> prunable, List<long[]> kept) {
        Iterator<long[]> bits = kept.iterator();
        List<TensorState> pruned = new ArrayList<>();
        for (TensorState tensor : model.tensors()) {
            pruned.add(prunable.test(tensor) ? retain(tensor, bits.next()) : tensor);
        }
        return new ModelState(pruned);
    }

    /**
     * What pruning took away: {@code ‖θ - θ⊙m‖²}, summed in doubles. Among masks that keep equally many, that of the largest
     * magnitudes has the least (FedSparsify, appendix A).
     *
     * @param before whatever the pruned model was made of
     * @param after the same layout; its values are those of {@code before} where its patterns have entries
     */
    public static double error(ModelState before, ModelState after) {
        before.requireSameLayout(after, "pruned model");
        double error = 0;
        for (int i = 0; i < before.tensors().size(); i++) {
            TensorState whole = before.tensors().get(i);
            TensorState left = after.tensors().get(i);
            if (left.nnz() < whole.nnz()) {
                error += squares(whole) - squares(left);
            }
        }
        return error;
    }

    /** In four sums, as one would wait for each addition. */
    private static double squares(TensorState tensor) {
        float[] values = tensor.values();
        int whole = values.length - values.length % 4;
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        for (int i = 0; i < whole; i += 4) {
            a += (double) values[i] * values[i];
            b += (double) values[i + 1] * values[i + 1];
            c += (double) values[i + 2] * values[i + 2];
            d += (double) values[i + 3] * values[i + 3];
        }
        for (int i = whole; i < values.length; i++) {
            a += (double) values[i] * values[i];
        }
        return a + b + (c + d);
    }

    private static TensorState retain(TensorState tensor, long[] kept) {
        float[] values = retain(tensor.values(), kept);
        if (values.length == tensor.nnz()) {
            return tensor;
        }
        SparsityPattern pattern = tensor.pattern();
        return tensor.with(
                pattern == null ? SparsityPattern.fromBits(tensor.rows(), tensor.cols(), kept) : pattern.retain(kept),
                values);
    }

    private static float[] retain(float[] values, long[] kept) {
        int count = 0;
        for (long word : kept) {
            count += Long.bitCount(word);
        }
        float[] left = new float[count];
        int next = 0;
        for (int word = 0; word < kept.length; word++) {
            for (long bits = kept[word]; bits != 0; bits &= bits - 1) {
                left[next++] = values[(word << 6) + Long.numberOfTrailingZeros(bits)];
            }
        }
        return left;
    }
}
