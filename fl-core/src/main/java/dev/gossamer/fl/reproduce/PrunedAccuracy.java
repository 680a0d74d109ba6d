package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.ParameterSpec;
import dev.gossamer.fl.run.Evaluator;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import java.util.ArrayList;
import java.util.List;

/**
 * The accuracy of a trained model that is pruned, layer by layer, and not trained again.
 *
 * <p>Source: "Powerpropagation: a sparsity inducing weight reparameterisation", Schwarz, Jayakumar, Pascanu, Latham, Teh, NeurIPS
 * 2021, and its published notebook: of each layer's weights the share p of largest magnitude is kept, of the output layer's twice
 * that; biases stay.
 */
final class PrunedAccuracy {

    private PrunedAccuracy() {}

    /** The model with that share of each layer's weights. */
    static ModelState prune(ModelSpec spec, ModelState model, double kept) {
        List<String> weights = spec.parameters().stream()
                .filter(parameter -> parameter.kind() == ParameterSpec.Kind.WEIGHT)
                .map(ParameterSpec::name)
                .toList();
        ModelState pruned = model;
        for (String name : weights) {
            double share = name.equals(weights.getLast()) ? Math.min(1, 2 * kept) : kept;
            long keep = (long) (share * model.tensor(name).size());
            pruned = MagnitudePruning.keepTop(pruned, tensor -> tensor.name().equals(name), keep);
        }
        return pruned;
    }

    /** Test accuracy, 0 to 1, for each share of weights. */
    static List<Double> of(ModelSpec spec, ModelState model, List<Double> kept, Evaluator evaluator) {
        List<Double> accuracies = new ArrayList<>();
        for (double share : kept) {
            accuracies.add(evaluator.evaluate(prune(spec, model, share)).accuracy());
        }
        return accuracies;
    }
}
