package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;

/** The part that most methods share: send the model, let clients work, take the mean weighted by samples. */
final class Averaging {

    private Averaging() {}

    /**
     * The mean of what clients made of a model, and what that took.
     *
     * @param mean with the union of the clients' masks; what a mask lacks counts as 0
     */
    record Merged(ModelState mean, Traffic traffic) {}

    static Merged merge(String method, ModelState model, Cohort cohort, ClientWork work, ClientRunner clients) {
        return merge(method, model, model, cohort, work, clients);
    }

    /** As above, where answers have tensors behind the model's. */
    static Merged merge(
            String method, ModelState model, ModelState answer, Cohort cohort, ClientWork work, ClientRunner clients) {
        WeightedMean mean = new WeightedMean(answer);
        Traffic traffic = Exchange.run(method, model, answer, cohort, work, clients, mean);
        return new Merged(mean.result(), traffic);
    }

    /** A round of which the mean is all. */
    static RoundOutcome round(String method, ServerState state, Cohort cohort, ClientWork work, ClientRunner clients) {
        Merged merged = merge(method, state.model(), cohort, work, clients);
        return new RoundOutcome(new ServerState(cohort.round(), merged.mean()), merged.traffic());
    }
}
