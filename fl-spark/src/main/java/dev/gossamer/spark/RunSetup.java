package dev.gossamer.spark;

import dev.gossamer.engine.Backend;
import dev.gossamer.fl.run.Experiment;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;

/**
 * What an executor needs to take part in a run: a few hundred bytes, which travel with every task. Executors keep what they have
 * made for a run as long as tasks come with an equal one.
 *
 * @param config of the experiment, by key
 * @param data where the data sets are, as an executor finds them
 * @param backend its name; an executor that has not got it is refused
 * @param tuning all of the backend's entries
 * @param checksum of the driver's data: an executor with other data would change the result
 */
record RunSetup(Map<String, String> config, String data, String backend, Map<String, Double> tuning, long checksum)
        implements Serializable {

    static RunSetup of(Experiment experiment, String data) {
        Map<String, String> config = new HashMap<>();
        experiment.config().toMap().forEach((key, value) -> config.put(key, String.valueOf(value)));
        Backend backend = experiment.backend().backend();
        return new RunSetup(
                config, data, backend.name(), new HashMap<>(backend.tuning().entries()), experiment.dataChecksum());
    }
}
