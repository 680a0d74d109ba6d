package dev.gossamer.fl.nn;

import dev.gossamer.engine.Space;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.codec.ModelState;
import java.util.List;

/**
 * A model's parameters in a workspace. They are apart from the sessions that use them, so that training and evaluation
 * share them, and one network serves client after client.
 */
public final class Network {

    private final Workspace workspace;
    private final ModelSpec spec;
    private final List<Parameter> parameters;
    private final List<Space> powers;
    private final ModelState layout;

    /** Dense parameters, all zero until {@link #load}. */
    public Network(Workspace workspace, ModelSpec spec) {
        this.workspace = workspace;
        this.spec = spec;
        this.parameters = spec.parameters().stream()
                .map(parameter -> new Parameter(workspace, parameter, spec.powerOf(parameter)))
                .toList();
        this.powers = parameters.stream()
                .filter(Parameter::isPower)
                .map(Parameter::space)
                .toList();
        this.layout = state();
    }

    public Workspace workspace() {
        return workspace;
    }

    public ModelSpec spec() {
        return spec;
    }

    /** In the order of {@link ModelSpec#parameters()}. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /**
     * The parameter of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    Parameter parameter(String name) {
        return parameters.stream()
                .filter(parameter -> parameter.spec().name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("The model has no parameter '" + name + "'"));
    }

    /** The parameters that the optimiser moves. */
    public List<Parameter> trained() {
        return parameters.stream().filter(Parameter::trained).toList();
    }

    /** A model with this one's names and shapes, whatever its numbers. */
    public ModelState layout() {
        return layout;
    }

    /**
     * Takes over a model: its patterns, where they differ from the present ones, and its values.
     *
     * @throws IllegalArgumentException naming the first tensor that this model has not or has otherwise
     */
    public void load(ModelState model) {
        layout.requireSameLayout(model, "model to load");
        for (int i = 0; i < parameters.size(); i++) {
            parameters.get(i).load(model.tensors().get(i));
        }
        refreshWeights();
    }

    /** Brings weights that are powers up to date with theta. To be called after each change of theta; may be recorded. */
    void refreshWeights() {
        if (!powers.isEmpty()) {
            workspace.train().signedPower(powers, spec.power().alpha());
        }
    }

    /** Turns gradients by weights into gradients by theta, in place. May be recorded. */
    void chainGradients() {
        if (!powers.isEmpty()) {
            workspace.train().signedPowerGradient(powers, spec.power().alpha());
        }
    }

    /** The parameters as they are now, copied to the host. Waits. */
    public ModelState state() {
        return new ModelState(parameters.stream().map(Parameter::state).toList());
    }

    /** What the optimiser remembers of each trained parameter, copied to the host under the parameters' names. Waits. */
    public ModelState momentum() {
        return new ModelState(trained().stream().map(Parameter::momentumState).toList());
    }

    /**
     * Takes over what an optimiser remembered.
     *
     * @param momentum of the trained parameters
     * @throws IllegalArgumentException naming the first tensor that is not there or has another pattern than the parameter
     */
    void loadMomentum(ModelState momentum) {
        List<Parameter> trained = trained();
        if (momentum.tensors().size() != trained.size()) {
            throw new IllegalArgumentException("Momentum has "
                    + momentum.tensors().size() + " tensors, but " + trained.size() + " parameters are trained");
        }
        for (int i = 0; i < trained.size(); i++) {
            trained.get(i).loadMomentum(momentum.tensors().get(i));
        }
    }

    /** The gradients of the last step, copied to the host under the parameters' names. Waits. */
    public ModelState gradients() {
        return new ModelState(trained().stream().map(Parameter::gradientState).toList());
    }
}
