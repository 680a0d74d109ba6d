package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;

/** The plain client: trains what it received and sends all of it. A mask that it received is the mask that it trains in. */
public record TrainAndSend(LocalTraining training) implements ClientWork {

    @Override
    public Reply perform(Client client, ModelState received) {
        client.load(received);
        TrainingReport report = client.train(training);
        return new Reply(client.state(), report);
    }
}
