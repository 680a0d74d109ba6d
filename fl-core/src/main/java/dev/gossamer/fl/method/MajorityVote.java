package dev.gossamer.fl.method;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.sparsity.Masking;
import dev.gossamer.fl.sparsity.PruningScope;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Majority voting over masks: an entry is left where enough clients kept it, with the mean over all clients, those that
 * pruned it counting as 0.
 *
 * <pre>
 * V_i = Σ_k m_k[i]
 * θ[i] = 0 if too few votes, else Σ_k p_k·θ_k[i]
 * </pre>
 *
 * <p>"Federated Progressive Sparsification (Purge, Merge, Tune)+", Stripelis, Gupta, Ver Steeg, Ambite, 2022, equation (2).
 * Folded one client after the other: memory is O(model).
 */
final class MajorityVote implements Fold {

    private final WeightedMean mean;
    private final PruningScope scope;
    private final VoteThreshold threshold;
    private final List<short[]> votes;
    private int voters;

    /**
     * A vote of no one yet.
     *
     * @param layout a model with the names and shapes of those that vote
     * @param scope what is voted on; the rest is averaged
     */
    MajorityVote(ModelState layout, PruningScope scope, VoteThreshold threshold) {
        this.mean = new WeightedMean(layout);
        this.scope = scope;
        this.threshold = threshold;
        this.votes = layout.tensors().stream()
                .map(tensor -> new short[scope.covers(tensor) ? Math.toIntExact(tensor.size()) : 0])
                .toList();
    }

    /**
     * Folds in a client's model; its patterns are its votes.
     *
     * @param weight above 0: samples behind the model
     */
    void add(ModelState model, long weight) {
        requireVoters(voters + 1);
        mean.add(model, weight);
        voters++;
        for (int i = 0; i < votes.size(); i++) {
            TensorState tensor = model.tensors().get(i);
            if (scope.covers(tensor)) {
                count(tensor, votes.get(i));
            }
        }
    }

    private static void requireVoters(int count) {
        if (count > Short.MAX_VALUE) {
            throw new IllegalStateException("A round has at most " + Short.MAX_VALUE + " voters");
        }
    }

    @Override
    public void accept(SparseUpdate update) {
        add(update.model(), update.samples());
    }

    @Override
    public Fold.Kind kind() {
        PruningScope its = scope;
        VoteThreshold enough = threshold;
        return layout -> new MajorityVote(layout, its, enough);
    }

    @Override
    public void append(Fold next) {
        MajorityVote other = (MajorityVote) next;
        requireVoters(voters + other.voters);
        mean.append(other.mean);
        voters += other.voters;
        for (int i = 0; i < votes.size(); i++) {
            short[] sum = votes.get(i);
            short[] more = other.votes.get(i);
            for (int j = 0; j < sum.length; j++) {
                sum[j] += more[j];
            }
        }
    }

    @Override
    public void write(DataOutput out) throws IOException {
        mean.write(out);
        out.writeInt(voters);
        for (short[] counts : votes) {
            byte[] bytes = new byte[Math.multiplyExact(counts.length, Short.BYTES)];
            ByteBuffer.wrap(bytes).asShortBuffer().put(counts);
            out.write(bytes);
        }
    }

    @Override
    public void read(DataInput in) throws IOException {
        mean.read(in);
        voters = in.readInt();
        for (short[] counts : votes) {
            byte[] bytes = new byte[Math.multiplyExact(counts.length, Short.BYTES)];
            in.readFully(bytes);
            ByteBuffer.wrap(bytes).asShortBuffer().get(counts);
        }
    }

    private static void count(TensorState tensor, short[] votes) {
        SparsityPattern mask = tensor.pattern();
        if (mask == null) {
            for (int i = 0; i < votes.length; i++) {
                votes[i]++;
            }
        } else {
            int cols = mask.cols();
            mask.forEach((row, col, position) -> votes[row * cols + col]++);
        }
    }

    /** The model that was elected. */
    ModelState result() {
        ModelState all = mean.result();
        int least = threshold.least(voters);
        List<TensorState> elected = new ArrayList<>();
        for (int i = 0; i < votes.size(); i++) {
            TensorState tensor = all.tensors().get(i);
            elected.add(scope.covers(tensor) ? elected(tensor, votes.get(i), least) : tensor);
        }
        return new ModelState(elected);
    }

    private static TensorState elected(TensorState tensor, short[] votes, int least) {
        int cols = tensor.cols();
        SparsityPattern mask =
                SparsityPattern.fromMask(tensor.rows(), cols, (row, col) -> votes[row * cols + col] >= least);
        boolean unanimous = mask.nnz() == tensor.nnz();
        return unanimous ? tensor : Masking.restrict(tensor, mask);
    }
}
