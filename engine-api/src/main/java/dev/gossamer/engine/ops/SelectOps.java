package dev.gossamer.engine.ops;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import java.util.List;

/**
 * Exact selection by magnitude over a group of parameters, concatenated in list order. The rule is
 * {@link MagnitudeSelection}'s: order of the bits without sign, ties to the lower index, NaN refused.
 */
public interface SelectOps {

    /** The magnitude of the k-th largest stored entry and how many of its equals belong to the top k. Waits. */
    MagnitudeSelection.Threshold kthMagnitude(List<Values> group, long k);

    /** Repatterns every space of the group so that exactly the {@code keep} stored entries of largest magnitude in role {@code by} remain. Waits. */
    void keepTop(List<Space> group, Role by, long keep);

    /**
     * Stores exactly the {@code keep} elements of largest magnitude of x (ties to the lower row-major index). Does not wait:
     * NaN ranks above everything here.
     *
     * @param x NATIVE, of the features of {@code to} and at most its batch
     * @param keep 0 to the smaller of {@code to.capacity()} and {@code x.shape().size()}
     */
    void compress(Tensor x, long keep, SparseTensor to);
}
