package dev.gossamer.spark;

import dev.gossamer.fl.method.ClientWork;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/**
 * One client's part of a round, on an executor.
 *
 * @param message the encoded global model
 */
record ClientTask(RunSetup setup, Broadcast<byte[]> message, ClientWork work) implements Function<Turn, byte[]> {

    @Override
    public byte[] call(Turn turn) {
        return Outcome.encode(Hosts.with(
                setup,
                host -> new Outcome.Answered(host.perform(turn.client(), message.value(), work, turn.memory()))));
    }
}
