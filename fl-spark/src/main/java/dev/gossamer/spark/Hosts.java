package dev.gossamer.spark;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.BackendSelectionException;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.run.ClientHost;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * What an executor keeps from task to task: for each run, and each GPU that Spark gives its tasks, a backend, the data and the
 * workers. Those of an earlier run go when a new one begins, or with their last task: Spark may let tasks of a run that has
 * ended go on for a while.
 */
final class Hosts {

    private static final String DEVICE = "gossamer.cuda.device";
    private static final Map<Key, Host> OPEN = new HashMap<>();

    private Hosts() {}

    /** The device is empty where Spark schedules none. */
    private record Key(RunSetup setup, String device) {}

    /** Guarded by the map of those that are open. */
    private static final class Host {

        private final Backend backend;
        private final Dataset data;
        private final ClientHost clients;
        private int tasks;
        private boolean retired;

        Host(Backend backend, Dataset data, ClientHost clients) {
            this.backend = backend;
            this.data = data;
            this.clients = clients;
        }

        void retire() {
            retired = true;
            closeIfUnused();
        }

        void release() {
            tasks--;
            closeIfUnused();
        }

        private void closeIfUnused() {
            if (retired && tasks == 0) {
                clients.close();
                data.close();
                backend.close();
            }
        }
    }

    /** An executor that cannot take part in a run. */
    private static final class UnableException extends RuntimeException {

        private static final long serialVersionUID = 1;

        UnableException(String reason, Throwable cause) {
            super(reason, cause);
        }
    }

    /** Has a task done by this executor's host for a run; says so if there can be none. */
    static Outcome with(RunSetup setup, Function<ClientHost, Outcome> task) {
        return using(setup, host -> task.apply(host.clients));
    }

    private static Outcome using(RunSetup setup, Function<Host, Outcome> task) {
        Host host;
        try {
            host = acquire(setup);
        } catch (UnableException e) {
            return new Outcome.Unable(here() + " cannot take part: " + e.getMessage());
        }
        try {
            return task.apply(host);
        } finally {
            synchronized (OPEN) {
                host.release();
            }
        }
    }

    /** Whether this executor can take part in a run, and with what. */
    static Outcome probe(RunSetup setup) {
        return using(setup, host -> {
            String gpu = device().isEmpty() ? "" : ", GPU " + device() + " of those that Spark schedules";
            return new Outcome.Ready(here() + ": " + host.backend.device() + gpu);
        });
    }

    /** This executor, for people. */
    static String here() {
        String machine;
        try {
            machine = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            machine = "an unknown host";
        }
        return "Executor " + SparkEnv.get().executorId() + " on " + machine;
    }

    /** One more task uses it. */
    private static Host acquire(RunSetup setup) {
        Key key = new Key(setup, device());
        synchronized (OPEN) {
            Host host = OPEN.get(key);
            if (host == null) {
                retire(other -> !other.setup().equals(setup));
                host = open(setup, key.device());
                OPEN.put(key, host);
            }
            host.tasks++;
            return host;
        }
    }

    private static void retire(Predicate<Key> those) {
        OPEN.entrySet().removeIf(host -> {
            boolean goes = those.test(host.getKey());
            if (goes) {
                host.getValue().retire();
            }
            return goes;
        });
    }

    private static String device() {
        ResourceInformation gpu = TaskContext.get().resourcesJMap().get("gpu");
        return gpu == null || gpu.addresses().length == 0 ? "" : gpu.addresses()[0];
    }

    private static Host open(RunSetup setup, String device) {
        Backend backend = null;
        Dataset data = null;
        try {
            if (!device.isEmpty()) {
                System.setProperty(DEVICE, device);
            }
            ExperimentConfig config = ExperimentConfig.begun(null, setup.config());
            Backends.Choice choice =
                    Backends.open(setup.backend(), new BackendOptions(1, new TuningTable(setup.tuning())));
            backend = choice.backend();
            data = DataSource.load(config, DataFiles.folder(setup.data(), config.dataset()));
            Experiment experiment =
                    Experiment.prepare(config, data, choice, 1, null); // initial parameters come with the model
            requireSameData(setup, experiment);
            return new Host(backend, data, new ClientHost(experiment));
        } catch (ConfigException | DataException | BackendSelectionException | UnableException e) {
            if (data != null) {
                data.close();
            }
            if (backend != null) {
                backend.close();
            }
            throw new UnableException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void requireSameData(RunSetup setup, Experiment experiment) {
        if (experiment.dataChecksum() != setup.checksum()) {
            throw new UnableException(
                    "data set " + experiment.data().name() + " in " + setup.data()
                            + " is not the one that the driver has; put the same files there",
                    new IllegalStateException("checksum " + experiment.dataChecksum()));
        }
    }

    /** Frees what a run has in this process; what it has in others ends with them, or when another run begins. */
    static void close(RunSetup setup) {
        synchronized (OPEN) {
            retire(host -> host.setup().equals(setup));
        }
    }
}
