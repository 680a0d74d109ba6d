package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * A client that prunes after local training, by magnitude, before it sends.
 *
 * @param training in the mask of the model that it receives
 * @param scope what is pruned, under one threshold
 * @param keep values left in the scope
 */
public record TrainAndPrune(LocalTraining training, PruningScope scope, long keep) implements ClientWork {

    @Override
    public Reply perform(Client client, ModelState received) {
        client.load(received);
        TrainingReport report = client.train(training);
        ModelState trained = client.state();
        ModelState pruned = scope.keepTop(trained, keep);
        return new Reply(pruned, report.pruned(MagnitudePruning.error(trained, pruned)));
    }
}
