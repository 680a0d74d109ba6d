package dev.gossamer.fl.sparsity;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * PruneFL's adjustment of a model's patterns: of all sets M of weights, the one with the largest {@code D(M) / T(M)}, the
 * decrease of the loss that a unit of time buys, where
 *
 * <pre>
 * D(M) = Σ g_j²  over M and all that is not prunable
 * T(M) = c + Σ t_layer(j)  over M
 * </pre>
 *
 * Weights may leave only if they are small: first each layer gives up the fraction of its active weights that is smallest in
 * magnitude; then these and the inactive ones come back in falling order of {@code g²/t} while {@code g²/t > D/T}. That gives
 * the optimum, since a term raises a quotient of sums exactly if its own quotient is larger.
 *
 * <p>Source: "Model pruning enables efficient federated learning on edge devices", Jiang and others, IEEE TNNLS 2023,
 * section IV.
 */
public final class PruneFlAdjustment {

    private static final double FIRST_FRACTION = 0.3;
    private static final double HALF_LIFE = 10_000;

    private PruneFlAdjustment() {}

    /**
     * The time of a training step, in any one unit.
     *
     * @param constant c, what a step takes without weights; above 0
     * @param perWeight t of each prunable tensor, by name; above 0
     */
    public record Costs(double constant, Map<String, Double> perWeight) implements Serializable {

        public Costs {
            perWeight = Map.copyOf(perWeight);
            require("constant", constant);
            perWeight.forEach((name, cost) -> require("cost per weight of '" + name + "'", cost));
        }

        private static void require(String what, double cost) {
            if (!(cost > 0 && cost < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("The " + what + " is " + cost + ", but must be finite and above 0");
            }
        }

        /**
         * For runs that are to give the same result everywhere: t is a layer's multiply-adds per weight and sample (outputs
         * of a plane for a convolution, 1 for a linear layer), c a share of what the dense layers take together. The published
         * measurements come to shares of 1.3 (VGG-11 on CIFAR-10) and 0.8 (FEMNIST).
         *
         * @param operations per weight of each prunable tensor
         * @param weights of each when dense
         */
        public static Costs ofOperations(Map<String, Long> operations, Map<String, Long> weights, double share) {
            double dense = 0;
            Map<String, Double> perWeight = new TreeMap<>();
            for (Map.Entry<String, Long> entry : new TreeMap<>(operations).entrySet()) {
                double each = entry.getValue();
                dense += each * weights.getOrDefault(entry.getKey(), 0L);
                perWeight.put(entry.getKey(), each);
            }
            return new Costs(share * dense, perWeight);
        }

        /**
         * From two measurements: t is the slope of a layer's time over its number of weights, c what is left of a step's time
         * when all layers' shares are taken off it. Published costs were measured in this way on a Raspberry Pi.
         *
         * @param stepTime of a step with {@code weights}
         * @param weights active weights of each prunable tensor when it was measured
         * @param perWeight t of each
         */
        public static Costs measured(double stepTime, Map<String, Long> weights, Map<String, Double> perWeight) {
            double left = stepTime;
            for (Map.Entry<String, Long> entry : weights.entrySet()) {
                left -= entry.getValue() * perWeight.getOrDefault(entry.getKey(), 0.0);
            }
            return new Costs(left, perWeight);
        }
    }

    /** The fraction of a layer's active weights that may leave in a round: {@code 0.3·0.5^(round/10000)}. */
    public static double dropFraction(int round) {
        if (round < 0) {
            throw new IllegalArgumentException("round is " + round + ", but must be 0 or more");
        }
        return FIRST_FRACTION * StrictMath.pow(0.5, round / HALF_LIFE);
    }

    /**
     * The model with other patterns. Active weights that stay keep their values, those that come back from before start at 0.
     *
     * @param squares sums of squared gradients of all trained tensors by name, dense where prunable
     * @param costs names the prunable tensors
     * @param dropFraction in [0, 1]
     * @throws IllegalArgumentException if a square is negative, infinite or NaN
     */
    public static ModelState adjust(ModelState model, ModelState squares, Costs costs, double dropFraction) {
        if (!(dropFraction >= 0 && dropFraction <= 1)) {
            throw new IllegalArgumentException("dropFraction is " + dropFraction + ", but must be in [0, 1]");
        }
        double decrease = 0;
        double time = costs.constant;
        List<Layer> layers = new ArrayList<>();
        for (TensorState sums : squares.tensors()) {
            check(sums);
            Double cost = costs.perWeight.get(sums.name());
            if (cost == null) {
                decrease += sum(sums.values());
            } else {
                Layer layer = new Layer(model.tensor(sums.name()), sums.toDense(), cost, dropFraction);
                decrease += layer.keptDecrease();
                time += cost * layer.elements.cardinality();
                layers.add(layer);
            }
        }
        addWhileItPays(layers, decrease, time);
        return adjusted(model, layers);
    }

    private static void addWhileItPays(List<Layer> layers, double keptDecrease, double keptTime) {
        double decrease = keptDecrease;
        double time = keptTime;
        for (Layer best = best(layers); best != null && best.worth() > decrease / time; best = best(layers)) {
            decrease += best.nextSquare();
            time += best.cost;
            best.take();
        }
    }

    /** The layer whose next candidate is worth most, the first of equals; null if no layer has one. */
    private static @Nullable Layer best(List<Layer> layers) {
        Layer best = null;
        for (Layer layer : layers) {
            if (layer.hasNext() && (best == null || layer.worth() > best.worth())) {
                best = layer;
            }
        }
        return best;
    }

    private static ModelState adjusted(ModelState model, List<Layer> layers) {
        List<TensorState> tensors = new ArrayList<>(model.tensors());
        for (Layer layer : layers) {
            tensors.set(tensors.indexOf(layer.before), Entries.activate(layer.before, layer.elements));
        }
        return new ModelState(tensors);
    }

    private static double sum(float[] numbers) {
        double sum = 0;
        for (float number : numbers) {
            sum += number;
        }
        return sum;
    }

    private static void check(TensorState sums) {
        for (float square : sums.values()) {
            if (!(square >= 0 && square < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("Tensor '" + sums.name() + "' of squared gradients has " + square);
            }
        }
    }

    /** A prunable tensor without its smallest weights, and what may come back. */
    private static final class Layer {

        private final TensorState before;
        private final float[] squares;
        private final double cost;

        /** What the adjusted tensor has. */
        private final BitSet elements;

        /** The largest squares first, of equals the lower index: bits of the square, turned round, above the index. */
        private final long[] candidates;

        private int next;

        Layer(TensorState tensor, float[] squares, double cost, double dropFraction) {
            this.before = tensor;
            this.squares = squares;
            this.cost = cost;
            long stay = tensor.nnz() - (long) (dropFraction * tensor.nnz());
            TensorState kept = MagnitudePruning.keepTop(new ModelState(List.of(tensor)), stay)
                    .tensors()
                    .getFirst();
            this.elements = Entries.active(kept);
            this.candidates = new long[squares.length - elements.cardinality()];
            int count = 0;
            for (int i = elements.nextClearBit(0); i < squares.length; i = elements.nextClearBit(i + 1)) {
                candidates[count++] = (long) (Integer.MAX_VALUE - Float.floatToRawIntBits(squares[i])) << 32 | i;
            }
            Arrays.sort(candidates);
        }

        double keptDecrease() {
            return elements.stream().mapToDouble(i -> squares[i]).sum();
        }

        boolean hasNext() {
            return next < candidates.length;
        }

        double nextSquare() {
            return squares[(int) candidates[next]];
        }

        double worth() {
            return nextSquare() / cost;
        }

        void take() {
            elements.set((int) candidates[next++]);
        }
    }
}
