package dev.gossamer.fl.nn;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.sparsity.ActivationSparsity;
import dev.gossamer.fl.sparsity.DensityRule;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.WeightSparsity;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What of each convolution and linear layer takes part in a training step, beside what the model's patterns leave out:
 *
 * <pre>
 * ws = top(w, ⌈d·n⌉)       y   = op(x, ws) + b          forward: all of x
 * xs = top(x, ⌈a·|x|⌉)     g_x = opᵀ(g_y, ws)           backward: all of g_y
 *                          g_w = corr(xs, g_y)          for every w, selected or not
 * </pre>
 *
 * <p>with d and a of each layer. Selection is over the whole tensor, batch included. Only xs is stored for the way back.
 *
 * <p>Source: "Sparse Weight Activation Training", Raihan, Aamodt, NeurIPS 2020. The layers of SparseFedPP keep all weights and
 * measure a.
 *
 * <p>Thresholds: a linear layer selects anew in every batch. A convolution finds its thresholds in some batches, see
 * {@code period}, and in between keeps what is not below them, for weights and activations alike, as long as that has room (a
 * quarter more than ⌈d·n⌉ or ⌈a·|x|⌉); where it has not, it finds them anew. Where SWAT keeps all equals of a threshold that it
 * finds, exactly k are kept here, of equals those of lower index, so that memory is known beforehand.
 *
 * <p>Densities that follow momentum change with the same period, of linear layers too: memory is laid out anew then, and between
 * two changes nothing is allocated. A layer keeps at least one weight. SWAT's code looks at the momentum after every step, but
 * its convolutions use what it finds at their next search only. A client whose optimiser starts at zero has its first period at
 * the model's density in every layer.
 *
 * @param weights which multiply
 * @param activations which are saved
 * @param period batches from one search for a convolution's thresholds to the next, counted anew in every epoch; or
 *     {@link #ONCE}
 */
public record SparseTraining(WeightSparsity weights, ActivationSparsity activations, int period)
        implements Serializable {

    /** The thresholds of a convolution are those of a client's first batch. */
    public static final int ONCE = 0;

    /** SWAT's period where the density is spread by a rule. */
    public static final int SWAT_PERIOD = 10;

    /** SWAT's period where densities follow momentum. */
    public static final int SWAT_MOMENTUM_PERIOD = 20;

    /** All that the model's patterns have. */
    public static final SparseTraining NONE =
            new SparseTraining(WeightSparsity.NONE, ActivationSparsity.NONE, SWAT_PERIOD);

    public SparseTraining {
        if (period < 0) {
            throw new IllegalArgumentException("period must be at least 1, or 0 for once a round, got " + period);
        }
        if (activations.source() == ActivationSparsity.Source.MEASURED && weights.selects()) {
            throw new IllegalArgumentException("The density of weights that are selected is known, not measured");
        }
    }

    /** SWAT: weights and saved activations of each layer have the density that the rule gives it. */
    public static SparseTraining swat(DensityRule rule, double density) {
        return swat(rule, density, swatPeriod(rule));
    }

    /** The same with another period. */
    public static SparseTraining swat(DensityRule rule, double density, int period) {
        return new SparseTraining(new WeightSparsity(rule, density), ActivationSparsity.AS_WEIGHTS, period);
    }

    /** SWAT's own period for a rule. */
    public static int swatPeriod(DensityRule rule) {
        return rule.followsMomentum() ? SWAT_MOMENTUM_PERIOD : SWAT_PERIOD;
    }

    /** SparseFedPP: saved activations have the density of the layer's weights as they came, at least the floor. */
    public static SparseTraining measured(double floor) {
        return new SparseTraining(WeightSparsity.NONE, ActivationSparsity.measured(floor), ONCE);
    }

    /** Whether every layer keeps all. */
    public boolean isDense() {
        return !weights.selects() && activations.source() == ActivationSparsity.Source.ALL;
    }

    /**
     * The model that a step multiplies with: of each layer the weights that are selected, as a pattern, so that it can be
     * tested, sent or pruned for good. Selection is by theta, whose order is that of the weights. Densities are those of {@link
     * #densities}.
     */
    public ModelState selected(ModelSpec spec, ModelState model) {
        if (!weights.selects()) {
            return model;
        }
        Map<String, Double> densities = densities(spec);
        return new ModelState(model.tensors().stream()
                .map(tensor -> {
                    Double density = densities.get(tensor.name());
                    return density == null || density == 1
                            ? tensor
                            : top(tensor, DensityRule.kept(density, tensor.size()));
                })
                .toList());
    }

    private static TensorState top(TensorState tensor, long keep) {
        return MagnitudePruning.keepTop(new ModelState(List.of(tensor)), keep)
                .tensors()
                .getFirst();
    }

    /** The density of each layer's selection, by the name of its weights; if it follows momentum, that at a client's start. */
    public Map<String, Double> densities(ModelSpec spec) {
        List<ParameterSpec> layers = spec.parameters().stream()
                .filter(parameter -> parameter.kind() == ParameterSpec.Kind.WEIGHT)
                .toList();
        double[] densities = weights.rule()
                .densities(layers.stream().map(ParameterSpec::shape).toList(), weights.density());
        Map<String, Double> named = new LinkedHashMap<>();
        for (int i = 0; i < densities.length; i++) {
            named.put(layers.get(i).name(), densities[i]);
        }
        return named;
    }
}
