package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Carries what rounding took away over to the next message, so that errors do not add up from round to round.
 *
 * <pre>
 * residual = 0
 * each round:  compensated = withResidual(update, residual)
 *              (message, residual) = encodeRounded(compensated, …)
 * </pre>
 *
 * <p>In every round {@code decoded + residual = compensated} holds exactly in f32, and {@code compensated} is the f32 sum of
 * update and residual. Where updates are whole models, it is the small changes that this keeps: one below half of a value's last
 * place would be rounded away in every round, and now comes through once enough of them have added up.
 *
 * <p>Source: "Error feedback fixes SignSGD and other gradient compression schemes", Karimireddy, Rebjock, Stich, Jaggi, ICML
 * 2019, algorithm 2, the compression being the rounding. The mask is not part of it: what a pattern lacks is gone, and its
 * residual with it.
 */
public final class ErrorFeedback {

    private ErrorFeedback() {}

    /**
     * The model with a residual added, where both have an entry; patterns are the model's.
     *
     * @throws IllegalArgumentException if they differ in names or shapes
     */
    public static ModelState withResidual(ModelState model, ModelState residual) {
        model.requireSameLayout(residual, "residual");
        List<TensorState> sums = new ArrayList<>();
        for (int i = 0; i < model.tensors().size(); i++) {
            sums.add(sum(model.tensors().get(i), residual.tensors().get(i)));
        }
        return new ModelState(sums);
    }

    private static TensorState sum(TensorState tensor, TensorState residual) {
        SparsityPattern pattern = tensor.pattern();
        float[] sums = tensor.values().clone();
        if (Objects.equals(pattern, residual.pattern())) {
            float[] added = residual.values();
            for (int i = 0; i < sums.length; i++) {
                sums[i] += added[i];
            }
        } else {
            float[] added = residual.toDense();
            if (pattern == null) {
                for (int i = 0; i < sums.length; i++) {
                    sums[i] += added[i];
                }
            } else {
                int cols = pattern.cols();
                pattern.forEach((row, col, position) -> sums[position] += added[row * cols + col]);
            }
        }
        return tensor.with(pattern, sums);
    }
}
