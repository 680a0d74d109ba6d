package dev.gossamer.spark;

import java.io.Serializable;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/**
 * A model on some batches of the test samples, on an executor.
 *
 * @param model from {@link dev.gossamer.fl.run.ModelBytes}
 */
record EvaluationTask(RunSetup setup, Broadcast<byte[]> model) implements Function<EvaluationTask.Range, byte[]> {

    /**
     * Batches.
     *
     * @param to behind the last
     */
    record Range(int from, int to) implements Serializable {}

    @Override
    public byte[] call(Range range) {
        return Outcome.encode(
                Hosts.with(setup, host -> new Outcome.Tested(host.evaluate(model.value(), range.from(), range.to()))));
    }
}
