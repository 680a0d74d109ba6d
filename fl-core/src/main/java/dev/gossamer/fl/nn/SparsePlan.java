package dev.gossamer.fl.nn;

import dev.gossamer.fl.sparsity.ActivationSparsity;
import dev.gossamer.fl.sparsity.DensityRule;
import dev.gossamer.fl.sparsity.MomentumDensities;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What each convolution and linear layer keeps while one client trains.
 *
 * @param layers by the name of the layer's weights
 */
record SparsePlan(Map<String, Kept> layers) {

    /** Every layer keeps all. */
    static final SparsePlan ALL = new SparsePlan(Map.of());

    /**
     * Shares that a layer keeps; 1 means that nothing is selected.
     *
     * @param weights of all weights, those that multiply
     * @param activations of the input, what is saved
     */
    record Kept(double weights, double activations) {

        static final Kept ALL = new Kept(1, 1);

        boolean selectsWeights() {
            return weights < 1;
        }

        /** How many of a layer's weights multiply. */
        long keptWeights(Parameter weight) {
            return DensityRule.kept(weights, weight.spec().size());
        }

        boolean selectsActivations() {
            return activations < 1;
        }
    }

    SparsePlan {
        layers = Map.copyOf(layers);
    }

    /** The plan for the parameters that the network has now. */
    static SparsePlan of(SparseTraining training, Network network) {
        if (training.isDense()) {
            return ALL;
        }
        Map<String, Double> densities = training.densities(network.spec());
        Map<String, Kept> layers = new HashMap<>();
        for (Parameter parameter : network.parameters()) {
            Double density = densities.get(parameter.spec().name());
            if (density != null) {
                layers.put(parameter.spec().name(), new Kept(density, activations(training, density, parameter)));
            }
        }
        return new SparsePlan(layers);
    }

    /** The plan that follows from this one where densities follow momentum, given the optimiser's of now. Waits. */
    SparsePlan byMomentum(SparseTraining training, Network network) {
        List<Parameter> weights = network.parameters().stream()
                .filter(parameter -> layers.containsKey(parameter.spec().name()))
                .toList();
        double[] momentum = weights.stream()
                .mapToDouble(weight -> MomentumDensities.meanMagnitude(
                        weight.state(), weight.momentumState(), of(weight).keptWeights(weight)))
                .toArray();
        long[] sizes =
                weights.stream().mapToLong(weight -> weight.spec().size()).toArray();
        long[] keep = MomentumDensities.keep(momentum, sizes, training.weights().density());
        Map<String, Kept> next = new HashMap<>();
        for (int i = 0; i < sizes.length; i++) {
            double density = (double) Math.max(1, keep[i]) / sizes[i];
            next.put(weights.get(i).spec().name(), new Kept(density, activations(training, density, weights.get(i))));
        }
        return new SparsePlan(next);
    }

    private static double activations(SparseTraining training, double density, Parameter weight) {
        ActivationSparsity saved = training.activations();
        return switch (saved.source()) {
            case ALL -> 1;
            case RULE -> density;
            case MEASURED -> Math.max(weight.density(), saved.floor());
        };
    }

    /** Operations of a training step for each sample, with the weights that the network has now. */
    double flops(Network network) {
        TrainingFlops work = TrainingFlops.of(network.spec());
        double[] multiply = new double[work.layers().size()];
        double[] differentiate = new double[multiply.length];
        for (int i = 0; i < multiply.length; i++) {
            Parameter weight = network.parameter(work.layers().get(i).weight());
            Kept kept = of(weight);
            double stored = (double) weight.space().nnz() / weight.space().size();
            multiply[i] = kept.selectsWeights() ? kept.weights() : stored;
            differentiate[i] = stored * kept.activations();
        }
        return work.trained(multiply, differentiate);
    }

    Kept of(Parameter weight) {
        return layers.getOrDefault(weight.spec().name(), Kept.ALL);
    }
}
