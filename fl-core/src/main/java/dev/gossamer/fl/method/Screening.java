package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The exchange before the first round in which one client, chosen at random from the cohort, finds a mask for everybody. It is
 * asked again as often as the run has it; if it fails for good the next one is drawn, as nothing depends on which it is.
 */
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

    /**
     * A round of a method that trains in the mask of the first round's screening ever after.
     *
     * @param scoring what the chosen client does
     * @param training what all do
     */
    static RoundOutcome round(
            String method,
            ServerState state,
            Cohort cohort,
            long seed,
            ClientWork scoring,
            ClientWork training,
            ClientRunner clients) {
        if (state.round() > 0) {
            return Averaging.round(method, state, cohort, training, clients);
        }
        Found found = run(method, state, cohort, seed, scoring, clients);
        Averaging.Merged merged = Averaging.merge(method, found.model(), cohort, training, clients);
        return new RoundOutcome(
                new ServerState(cohort.round(), merged.mean()), found.traffic().then(merged.traffic()));
    }

    /**
     * Scores are products of weights with derivatives by weights. Of a model that is trained with Powerpropagation neither is what
     * is stored, and derivatives by θ are other ones: where θ is 0 they are too.
     *
     * @throws IllegalArgumentException if what the model stores is not what multiplies
     */
    static void requireWeights(String method, ModelSpec spec) {
        if (!spec.power().isIdentity()) {
            throw new IllegalArgumentException("Method " + method
                    + " scores weights, so it needs a model that stores them as they are, without Powerpropagation");
        }
    }

    static Found run(
            String method, ServerState state, Cohort cohort, long seed, ClientWork work, ClientRunner clients) {
        Cohort screening = cohort.screening(drawn(cohort.clients(), seed));
        ModelState[] found = new ModelState[1];
        Traffic traffic =
                Exchange.run(method, state.model(), screening, work, clients, update -> found[0] = update.model());
        return new Found(found[0], traffic);
    }

    private static List<Integer> drawn(List<Integer> clients, long seed) {
        SplitMix64 random = SplitMix64.of(seed, STREAM);
        List<Integer> left = new ArrayList<>(clients);
        List<Integer> order = new ArrayList<>();
        while (!left.isEmpty()) {
            order.add(left.remove(random.nextInt(left.size())));
        }
        return order;
    }
}
