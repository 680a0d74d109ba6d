package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import java.util.Map;
import java.util.Objects;

/**
 * What a method carries from round to round. Immutable, and made of tensors only, so that it can be written and read back
 * whatever the method.
 *
 * @param round the round that made it; 0 is the initial model
 * @param model the global model: what is tested, and what the next cohort receives. A mask is its pattern
 * @param memory what else a method remembers, by names of its own, as a server's momentum
 */
public record ServerState(int round, ModelState model, Map<String, ModelState> memory) {

    public ServerState {
        memory = Map.copyOf(memory);
    }

    /** The state of the methods that remember nothing but the model. */
    public ServerState(int round, ModelState model) {
        this(round, model, Map.of());
    }

    /**
     * A part of the memory.
     *
     * @throws NullPointerException if this is not a state of a method that keeps it
     */
    public ModelState recall(String name) {
        return Objects.requireNonNull(memory.get(name), () -> "a state that remembers '" + name + "'");
    }
}
