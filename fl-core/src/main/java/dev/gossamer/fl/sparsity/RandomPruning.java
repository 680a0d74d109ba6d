package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.data.SplitMix64;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Pruning by a random order that is fixed for a run: at every sparsity the first entries of one permutation of the scope are
 * gone, so that masks are nested. FedSparsify's baseline "Random".
 *
 * @param seed of the permutation
 */
public record RandomPruning(PruningScope scope, long seed) {

    /** Sets this stream apart from the other uses of a run's seed. */
    private static final long STREAM = 0x4A4D0;

    /**
     * The model in the mask that has {@code keep} entries of the scope. Entries of the mask that the model lacks have the
     * value 0.
     *
     * @param keep 0 to the size of the scope
     */
    public ModelState keep(ModelState model, long keep) {
        int size = Math.toIntExact(scope.size());
        int pruned = Math.toIntExact(size - keep);
        int[] order = new int[size];
        Arrays.setAll(order, i -> i);
        SplitMix64.of(seed, STREAM).shuffle(order);
        long[] kept = new long[(size + 63) >>> 6];
        for (int i = pruned; i < size; i++) {
            kept[order[i] >>> 6] |= 1L << order[i];
        }
        List<TensorState> tensors = new ArrayList<>();
        int offset = 0;
        for (TensorState tensor : model.tensors()) {
            if (scope.covers(tensor)) {
                tensors.add(masked(tensor, kept, offset));
                offset += Math.toIntExact(tensor.size());
            } else {
                tensors.add(tensor);
            }
        }
        return new ModelState(tensors);
    }

    private static TensorState masked(TensorState tensor, long[] kept, int offset) {
        int cols = tensor.cols();
        SparsityPattern mask = SparsityPattern.fromMask(tensor.rows(), cols, (row, col) -> {
            int at = offset + row * cols + col;
            return (kept[at >>> 6] >>> at & 1) != 0;
        });
        if (mask.isFull()) {
            return tensor.with(null, tensor.toDense());
        }
        return Masking.restrict(tensor, mask);
    }
}
