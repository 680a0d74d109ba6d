package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts tensors into masks, and measures how masks agree. */
public final class Masking {

    private Masking() {}

    /** A tensor in a mask: its values there, 0 where it has none. */
    public static TensorState restrict(TensorState tensor, SparsityPattern mask) {
        return tensor.with(mask, Entries.of(tensor, mask));
    }

    /** The model without masks: what a pattern lacks is an explicit 0, which training may move. */
    public static ModelState withoutMasks(ModelState model) {
        return new ModelState(model.tensors().stream()
                .map(tensor -> tensor.pattern() == null ? tensor : tensor.with(null, tensor.toDense()))
                .toList());
    }

    /** Tensors in the masks that a model's tensors of the same names have. */
    public static ModelState alike(ModelState tensors, ModelState model) {
        return new ModelState(tensors.tensors().stream()
                .map(tensor -> alike(tensor, model.tensor(tensor.name()).pattern()))
                .toList());
    }

    private static TensorState alike(TensorState tensor, @Nullable SparsityPattern mask) {
        if (Objects.equals(tensor.pattern(), mask)) {
            return tensor;
        }
        return mask == null ? tensor.with(null, tensor.toDense()) : restrict(tensor, mask);
    }

    /** A model's values where it has some, and another one's everywhere else; without masks. */
    public static ModelState over(ModelState model, ModelState below) {
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < model.tensors().size(); i++) {
            TensorState tensor = model.tensors().get(i);
            SparsityPattern mask = tensor.pattern();
            if (mask == null) {
                tensors.add(tensor);
                continue;
            }
            float[] values = below.tensors().get(i).toDense();
            int cols = mask.cols();
            mask.forEach((row, col, position) -> values[row * cols + col] = tensor.values()[position]);
            tensors.add(tensor.with(null, values));
        }
        return new ModelState(tensors);
    }

    /**
     * How two models' masks agree: {@code IoU = |A ∩ B| / |A ∪ B|} over the tensors that have a mask in one of them; 1 if none
     * has, or all masks are empty. SparseFedPP's measure.
     */
    public static double agreement(ModelState a, ModelState b) {
        a.requireSameLayout(b, "model to compare");
        long both = 0;
        long either = 0;
        for (int i = 0; i < a.tensors().size(); i++) {
            TensorState one = a.tensors().get(i);
            TensorState other = b.tensors().get(i);
            if (one.pattern() != null || other.pattern() != null) {
                long common = common(one, other);
                both += common;
                either += one.nnz() + other.nnz() - common;
            }
        }
        return either == 0 ? 1 : (double) both / either;
    }

    private static long common(TensorState a, TensorState b) {
        SparsityPattern one = a.pattern();
        SparsityPattern other = b.pattern();
        if (one == null || other == null) {
            return one == null ? b.nnz() : a.nnz();
        }
        return one.equals(other) ? one.nnz() : one.intersect(other).nnz();
    }
}
