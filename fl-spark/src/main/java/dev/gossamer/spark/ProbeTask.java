package dev.gossamer.spark;

import org.apache.spark.api.java.function.Function;

/** Whether an executor can take part in a run. */
record ProbeTask(RunSetup setup) implements Function<Integer, byte[]> {

    @Override
    public byte[] call(Integer index) {
        return Outcome.encode(Hosts.probe(setup));
    }
}
