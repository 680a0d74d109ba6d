package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.data.SplitMix64;
import java.util.List;

/** The exchange before the first round in which one client, chosen at random from the cohort, finds a mask for everybody. */
final class Screening {

    /** Sets this stream apart from the other uses of a run's seed. */
    private static final long STREAM = 0x5C4EE;

    private Screening() {}

    /**
     * What the client found.
     *
     * @param model in its mask
     */
    record Found(ModelState model, Traffic traffic) {}

    static Found run(
            String method, ServerState state, Cohort cohort, long seed, ClientWork work, ClientRunner clients) {
        List<Integer> all = cohort.clients();
        int chosen = all.get(SplitMix64.of(seed, STREAM).nextInt(all.size()));
        ModelState[] found = new ModelState[1];
        Traffic traffic = Exchange.run(
                method,
                state.model(),
                new Cohort(cohort.round(), List.of(chosen)),
                work,
                clients,
                update -> found[0] = update.model());
        return new Found(found[0], traffic);
    }
}
