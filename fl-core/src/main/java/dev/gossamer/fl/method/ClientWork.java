package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import java.io.Serializable;

/**
 * What a client does with the model of a round. A value made of settings only: it travels to wherever clients run, as Java
 * serialises it, and two that are equal do the same.
 */
@FunctionalInterface
public interface ClientWork extends Serializable {

    /**
     * The client's half of a round.
     *
     * @param client whose turn it is
     * @param received what the server sent
     */
    Reply perform(Client client, ModelState received);
}
