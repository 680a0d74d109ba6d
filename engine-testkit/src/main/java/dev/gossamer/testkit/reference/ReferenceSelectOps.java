package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.SelectOps;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.List;

/** {@link Selection} over groups of the backend's spaces, and {@link Compression}. */
class ReferenceSelectOps implements SelectOps {

    @Override
    public MagnitudeSelection.Threshold kthMagnitude(List<Values> group, long k) {
        return Selection.kthMagnitude(concatenated(group), k);
    }

    @Override
    public void keepTop(List<Space> group, Role by, long keep) {
        List<Values> values = group.stream()
                .<Values>map(space -> ((ReferenceSpace) space).values(by))
                .toList();
        boolean[] kept = kept(concatenated(values), keep);
        int start = 0;
        for (Space space : group) {
            start = repattern((ReferenceSpace) space, kept, start);
        }
    }

    @Override
    public void compress(Tensor x, long keep, SparseTensor to) {
        ((Handles.ReferenceSparseTensor) to).kept.compress(((ReferenceTensor) x).get(), keep);
    }

    @Override
    public void compressAgain(Tensor x, long keep, SparseTensor to) {
        ((Handles.ReferenceSparseTensor) to).kept.compressAgain(((ReferenceTensor) x).get(), keep);
    }

    @Override
    public void compress(Values w, long keep, SparseWeights to) {
        ((Handles.ReferenceSparseWeights) to).kept.compress(((ReferenceValues) w).numbers(), keep);
    }

    @Override
    public void compressAgain(Values w, long keep, SparseWeights to) {
        ((Handles.ReferenceSparseWeights) to).kept.compressAgain(((ReferenceValues) w).numbers(), keep);
    }

    boolean[] kept(float[] numbers, long keep) {
        return Selection.keepTop(numbers, keep);
    }

    /** Keeps the entries of one space, whose part of {@code kept} begins at start; returns where the next one's begins. */
    private static int repattern(ReferenceSpace space, boolean[] kept, int start) {
        SparsityPattern entries = space.entries();
        space.repattern(SparsityPattern.fromMask(space.rows(), space.cols(), (r, c) -> {
            int p = entries.position(r, c);
            return p >= 0 && kept[start + p];
        }));
        return start + Math.toIntExact(entries.nnz());
    }

    private static float[] concatenated(List<Values> group) {
        int total =
                Math.toIntExact(group.stream().mapToLong(v -> v.space().nnz()).sum());
        float[] all = new float[total];
        int at = 0;
        for (Values values : group) {
            float[] part = ((ReferenceValues) values).numbers();
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
