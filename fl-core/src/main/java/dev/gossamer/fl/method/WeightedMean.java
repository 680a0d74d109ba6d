package dev.gossamer.fl.method;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mean of models, {@code Σ w_k·θ_k / Σ w_k}, folded one after the other into double accumulators: memory is O(model),
 * however many there are. What a model's pattern lacks counts as 0; the mean has the union of the patterns.
 *
 * <p>Products of an f32 value and an integer weight below 2^29 are exact in doubles; only sums and the final division
 * round. The order of folding is part of the result's last bits, so fold in a fixed order.
 */
public final class WeightedMean implements Fold {

    private final ModelState layout;
    private final List<Sum> sums;
    private long totalWeight;

    /** An empty mean of models like this one; only its names and shapes matter. */
    public WeightedMean(ModelState layout) {
        this.layout = layout;
        this.sums = layout.tensors().stream().map(Sum::new).toList();
    }

    /**
     * Folds in a model.
     *
     * @param weight above 0: samples behind the model
     */
    public void add(ModelState model, long weight) {
        if (weight < 1) {
            throw new IllegalArgumentException("A weight in a mean is at least 1, not " + weight);
        }
        layout.requireSameLayout(model, "model to average");
        for (int i = 0; i < sums.size(); i++) {
            sums.get(i).add(model.tensors().get(i), weight);
        }
        totalWeight += weight;
    }

    @Override
    public void accept(SparseUpdate update) {
        add(update.model(), update.samples());
    }

    @Override
    public Fold.Kind kind() {
        return WeightedMean::new;
    }

    @Override
    public void append(Fold next) {
        WeightedMean other = (WeightedMean) next;
        for (int i = 0; i < sums.size(); i++) {
            sums.get(i).append(other.sums.get(i));
        }
        totalWeight += other.totalWeight;
    }

    @Override
    public void write(DataOutput out) throws IOException {
        out.writeLong(totalWeight);
        for (Sum sum : sums) {
            sum.write(out);
        }
    }

    @Override
    public void read(DataInput in) throws IOException {
        totalWeight = in.readLong();
        for (Sum sum : sums) {
            sum.read(in);
        }
    }

    /** The mean of what was added. */
    public ModelState result() {
        if (totalWeight == 0) {
            throw new IllegalStateException("There is no mean of no models");
        }
        List<TensorState> means = new ArrayList<>();
        for (Sum sum : sums) {
            means.add(sum.mean(totalWeight));
        }
        return new ModelState(means);
    }

    /** The weighted sum of one tensor, and the union of the patterns so far. */
    private static final class Sum {

        private final TensorState layout;
        private final double[] sums;
        private boolean empty = true;
        private @Nullable SparsityPattern pattern;

        Sum(TensorState layout) {
            this.layout = layout;
            this.sums = new double[Math.toIntExact(layout.size())];
        }

        void add(TensorState tensor, long samples) {
            double weight = samples;
            float[] values = tensor.values();
            SparsityPattern its = tensor.pattern();
            if (its == null) {
                for (int i = 0; i < values.length; i++) {
                    sums[i] += weight * values[i];
                }
            } else {
                addEntries(its, values, weight);
            }
            pattern = empty ? its : union(pattern, its);
            empty = false;
        }

        /** A plain loop: a visitor's, which all who visit share, is compiled to a call for each entry. */
        private void addEntries(SparsityPattern its, float[] values, double weight) {
            for (int row = 0, position = 0; row < its.rows(); row++) {
                int start = row * its.cols();
                for (int end = its.rowEnd(row); position < end; position++) {
                    sums[start + its.col(position)] += weight * values[position];
                }
            }
        }

        void append(Sum next) {
            if (next.empty) {
                return;
            }
            for (int i = 0; i < sums.length; i++) {
                sums[i] += next.sums[i];
            }
            pattern = empty ? next.pattern : union(pattern, next.pattern);
            empty = false;
        }

        /** Whether there is anything, whether it has a pattern; then the pattern's bits, then the sums that it has. */
        void write(DataOutput out) throws IOException {
            out.writeBoolean(empty);
            SparsityPattern its = pattern;
            out.writeBoolean(its != null);
            if (its == null) {
                writeDoubles(out, empty ? new double[0] : sums);
                return;
            }
            for (long word : its.toBits()) {
                out.writeLong(word);
            }
            double[] held = new double[Math.toIntExact(its.nnz())];
            int cols = its.cols();
            its.forEach((row, col, position) -> held[position] = sums[row * cols + col]);
            writeDoubles(out, held);
        }

        void read(DataInput in) throws IOException {
            empty = in.readBoolean();
            if (!in.readBoolean()) {
                readDoubles(in, empty ? new double[0] : sums);
                return;
            }
            long[] bits = new long[Math.ceilDiv(sums.length, Long.SIZE)];
            for (int i = 0; i < bits.length; i++) {
                bits[i] = in.readLong();
            }
            SparsityPattern its = SparsityPattern.fromBits(layout.rows(), layout.cols(), bits);
            double[] held = new double[Math.toIntExact(its.nnz())];
            readDoubles(in, held);
            int cols = its.cols();
            its.forEach((row, col, position) -> sums[row * cols + col] = held[position]);
            pattern = its;
        }

        private static void writeDoubles(DataOutput out, double[] values) throws IOException {
            byte[] bytes = new byte[Math.multiplyExact(values.length, Double.BYTES)];
            ByteBuffer.wrap(bytes).asDoubleBuffer().put(values);
            out.write(bytes);
        }

        private static void readDoubles(DataInput in, double[] values) throws IOException {
            byte[] bytes = new byte[Math.multiplyExact(values.length, Double.BYTES)];
            in.readFully(bytes);
            ByteBuffer.wrap(bytes).asDoubleBuffer().get(values);
        }

        TensorState mean(long totalWeight) {
            if (pattern == null) {
                float[] means = new float[sums.length];
                for (int i = 0; i < means.length; i++) {
                    means[i] = (float) (sums[i] / (double) totalWeight);
                }
                return layout.with(null, means);
            }
            return layout.with(pattern, entryMeans(pattern, totalWeight));
        }

        private float[] entryMeans(SparsityPattern its, long totalWeight) {
            float[] means = new float[Math.toIntExact(its.nnz())];
            for (int row = 0, position = 0; row < its.rows(); row++) {
                int start = row * its.cols();
                for (int end = its.rowEnd(row); position < end; position++) {
                    means[position] = (float) (sums[start + its.col(position)] / (double) totalWeight);
                }
            }
            return means;
        }

        private static @Nullable SparsityPattern union(@Nullable SparsityPattern a, @Nullable SparsityPattern b) {
            if (a == null || b == null) {
                return null;
            }
            return a.equals(b) ? a : a.union(b);
        }
    }
}
