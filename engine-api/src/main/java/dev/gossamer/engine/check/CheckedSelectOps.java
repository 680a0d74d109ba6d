package dev.gossamer.engine.check;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.SelectOps;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import java.util.List;

final class CheckedSelectOps implements SelectOps {

    private final SelectOps raw;
    private final Door door;

    CheckedSelectOps(SelectOps raw, Door door) {
        this.raw = raw;
        this.door = door;
    }

    @Override
    public MagnitudeSelection.Threshold kthMagnitude(List<Values> group, long k) {
        door.enterUnrecorded("kthMagnitude");
        long total = 0;
        for (int i = 0; i < group.size(); i++) {
            Values values = group.get(i);
            door.owned(values, "a member of the group");
            Door.firstMention(group, i);
            total += values.space().nnz();
        }
        count(k, 1, total, "k");
        return raw.kthMagnitude(group, k);
    }

    @Override
    public void keepTop(List<Space> group, Role by, long keep) {
        door.enterUnrecorded("keepTop");
        long total = 0;
        for (int i = 0; i < group.size(); i++) {
            Space space = group.get(i);
            door.owned(space, "a member of the group");
            Door.firstMention(group, i);
            if (!space.has(by)) {
                throw new IllegalStateException(
                        "A member of the group has no " + by + "; make it with workspace.values(space, " + by + ")");
            }
            total += space.nnz();
        }
        count(keep, 0, total, "keep");
        raw.keepTop(group, by, keep);
    }

    @Override
    public void compress(Tensor x, long keep, SparseTensor to) {
        compressed(x, keep, to);
        raw.compress(x, keep, to);
    }

    @Override
    public void compressAgain(Tensor x, long keep, SparseTensor to) {
        compressed(x, keep, to);
        raw.compressAgain(x, keep, to);
    }

    @Override
    public void compress(Values w, long keep, SparseWeights to) {
        compressed(w, keep, to);
        raw.compress(w, keep, to);
    }

    @Override
    public void compressAgain(Values w, long keep, SparseWeights to) {
        compressed(w, keep, to);
        raw.compressAgain(w, keep, to);
    }

    private void compressed(Tensor x, long keep, SparseTensor to) {
        door.enter();
        door.tensor(x, "x", Layout.NATIVE);
        door.owned(to, "to");
        Door.room(to.shape(), x.shape(), "to");
        count(keep, 0, Math.min(to.capacity(), x.shape().size()), "keep");
    }

    private void compressed(Values w, long keep, SparseWeights to) {
        door.enter();
        door.owned(to, "to");
        door.weights(w, "w", to.geometry());
        Door.dense(w, "w");
        count(keep, 0, to.capacity(), "keep");
    }

    private static void count(long got, long least, long most, String name) {
        if (got < least || got > most) {
            throw new IllegalArgumentException(
                    name + " must be " + least + " to " + most + " (what there is and fits), got " + got);
        }
    }
}
