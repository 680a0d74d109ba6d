package dev.gossamer.fl.export;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.ParameterSpec;
import dev.gossamer.fl.run.StoredModel;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A model as other programs know models: the weights that multiply are stored, whatever they were made of in training.
 *
 * @param spec the layers
 * @param one shape of one sample as the data set has it, batch 1; networks without planes take it flattened
 * @param weights tensors in the order of {@link ModelSpec#parameters()}, all elements of each
 * @param metadata about the model, written into the file where its form has room for text
 */
public record PortableModel(ModelSpec spec, Shape one, ModelState weights, Map<String, String> metadata) {

    public PortableModel {
        metadata = Map.copyOf(metadata);
        if (one.features() != spec.input().features()) {
            throw new IllegalArgumentException("Model '" + spec.name() + "' takes "
                    + spec.input().features() + " numbers, but samples of shape " + one + " have " + one.features());
        }
    }

    /**
     * The model of what is trained.
     *
     * @param theta as sessions and methods hold it: tensors in the order of {@link ModelSpec#parameters()}, with or without
     *     patterns
     */
    public static PortableModel of(ModelSpec spec, Shape one, ModelState theta, Map<String, String> metadata) {
        List<ParameterSpec> parameters = spec.parameters();
        List<TensorState> weights = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            weights.add(weight(theta.tensors().get(i), spec.powerOf(parameters.get(i))));
        }
        return new PortableModel(spec, one, new ModelState(weights), metadata);
    }

    /** The model that a run has left. */
    public static PortableModel of(StoredModel stored) {
        return of(stored.spec(), stored.one(), stored.theta(), stored.metadata());
    }

    private static TensorState weight(TensorState theta, PowerPropagation power) {
        float[] weights = theta.toDense();
        if (!power.isIdentity()) {
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) power.weight(weights[i]);
            }
        }
        return theta.with(null, weights);
    }
}
