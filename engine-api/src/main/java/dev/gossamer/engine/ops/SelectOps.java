package dev.gossamer.engine.ops;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
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
     * NaN ranks above everything here. The smallest magnitude stored becomes the threshold of {@code to}, one above all
     * numbers where {@code keep} is 0.
     *
     * <p>An element that is 0 is 0 whether it is stored or not, and may be left out.
     *
     * @param x NATIVE, of the features of {@code to} and at most its batch
     * @param keep 0 to the smaller of {@code to.capacity()} and {@code x.shape().size()}
     */
    void compress(Tensor x, long keep, SparseTensor to);

    /**
     * Stores the elements of x that are not 0 and not below the threshold of {@code to}, which stays as it is. If these are
     * more than {@code to.capacity()}, or nothing has been compressed into it yet, does as {@link #compress(Tensor, long,
     * SparseTensor)}, which leaves its own threshold. Does not wait; cheaper than a search for a threshold.
     *
     * <p>Source: the reuse of thresholds between batches of "Sparse Weight Activation Training", Raihan, Aamodt, NeurIPS 2020.
     *
     * @param keep what is stored if the threshold does not serve
     */
    void compressAgain(Tensor x, long keep, SparseTensor to);

    /**
     * Stores exactly the {@code keep} weights of largest magnitude, as {@link #compress(Tensor, long, SparseTensor)} does
     * elements of a tensor.
     *
     * @param w over a dense space of {@code to}'s geometry
     * @param keep 0 to {@code to.capacity()}
     */
    void compress(Values w, long keep, SparseWeights to);

    /** Stores the weights that are not 0 and not below the threshold of {@code to}, as with tensors. */
    void compressAgain(Values w, long keep, SparseWeights to);
}
