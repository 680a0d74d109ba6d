package dev.gossamer.cuda.planted;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.BackendProvider;
import jdk.incubator.vector.FloatVector;

/** Breaks a rule on purpose: a provider with an accelerator's type in a field, here as an array of arrays. */
public final class ProviderWithVector implements BackendProvider {

    /** The forbidden field. */
    public final FloatVector[][] cache = new FloatVector[0][];

    @Override
    public String name() {
        return "planted";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Availability probe() {
        return new Availability.Unavailable("planted", "none", null);
    }
}
