package dev.gossamer.fl.run;

import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Where a run happened and with what: everything beside the configuration that somebody who repeats it may ask for. */
final class Manifest {

    /** System property with the commit of the code; the launcher sets it. */
    static final String COMMIT_PROPERTY = "gossamer.commit";

    /** Key of the release, which every run's manifest has: one of ours is known by it. */
    static final String RELEASE = "gossamer";

    /** Key of when the run began, which tells it from all others. */
    static final String STARTED = "started";

    /** Key of what the model is when dense. */
    static final String MODEL = "model";

    /** Key in {@link #MODEL}: the values of a dense model in f32, which is what a transfer of it takes at least. */
    static final String DENSE_BYTES = "denseBytes";

    /** Key of how samples were dealt. */
    static final String CLIENTS = "clients";

    /** Key in {@link #CLIENTS}: a list of counts for each client, in the order of the class numbers. */
    static final String LABELS = "labels";

    /** Of no more clients are labels counted: nobody looks at them one by one, and the file is rewritten at times. */
    private static final int MOST_CLIENTS = 500;

    private static final String UNKNOWN = "unknown";

    private Manifest() {}

    static Map<String, Object> of(Experiment experiment) {
        Map<String, Object> manifest = new LinkedHashMap<>();
        manifest.put(STARTED, Instant.now().toString());
        manifest.put("seed", experiment.config().seed());
        manifest.put(RELEASE, version());
        manifest.put("commit", System.getProperty(COMMIT_PROPERTY, UNKNOWN));
        manifest.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
        manifest.put(
                "os",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        manifest.put("cpu", cpu());
        manifest.put("processors", Runtime.getRuntime().availableProcessors());
        manifest.put("threads", experiment.threads());
        if (experiment.site() != null) {
            manifest.put("site", experiment.site().describe());
        }
        manifest.put("backend", backend(experiment.backend()));
        manifest.put("dataset", dataset(experiment));
        manifest.put(MODEL, model(experiment));
        manifest.put(CLIENTS, clients(experiment));
        if (experiment.spec().start() != null) {
            manifest.put("init", init(experiment));
        }
        return manifest;
    }

    /** What sparse models are compared with. */
    private static Map<String, Object> model(Experiment experiment) {
        long parameters = experiment.spec().parameterCount();
        long statistics = experiment.spec().stateCount();
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("parameters", parameters);
        model.put("statistics", statistics);
        model.put(DENSE_BYTES, Float.BYTES * (parameters + statistics));
        return model;
    }

    /** Training samples of each client, and of the first ones how many there are of each class. */
    private static Map<String, Object> clients(Experiment experiment) {
        Map<String, Object> clients = new LinkedHashMap<>();
        int[][] parts = experiment.parts();
        clients.put(
                "samples", Arrays.stream(parts).mapToInt(part -> part.length).toArray());
        clients.put(
                LABELS,
                Arrays.stream(parts)
                        .limit(MOST_CLIENTS)
                        .map(part -> labels(experiment, part))
                        .toArray());
        return clients;
    }

    private static int[] labels(Experiment experiment, int[] samples) {
        int[] counts = new int[experiment.data().classes()];
        for (int sample : samples) {
            counts[experiment.data().train().label(sample)]++;
        }
        return counts;
    }

    private static Map<String, Object> backend(Backends.Choice choice) {
        Map<String, Object> backend = new LinkedHashMap<>();
        backend.put("name", choice.backend().name());
        backend.put("device", choice.backend().device());
        backend.put("requested", choice.requested());
        backend.put("source", choice.source().text());
        backend.put("explanation", choice.explanation());
        backend.put("tuning", choice.backend().tuning().entries());
        return backend;
    }

    private static Map<String, Object> init(Experiment experiment) {
        Map<String, Object> init = new LinkedHashMap<>();
        init.put("file", Path.of(experiment.config().init()).toAbsolutePath().toString());
        init.put("copy", RunDirectory.INIT);
        return init;
    }

    private static Map<String, Object> dataset(Experiment experiment) {
        Map<String, Object> dataset = new LinkedHashMap<>();
        dataset.put("name", experiment.data().name());
        dataset.put("train", experiment.data().train().count());
        dataset.put("test", experiment.data().test().count());
        dataset.put("classes", experiment.data().classes());
        Shape one = experiment.data().one();
        dataset.put("shape", List.of(one.channels(), one.height(), one.width()));
        dataset.put(
                "extent",
                experiment.data().extent().isEmpty()
                        ? "all of it"
                        : experiment.data().extent());
        dataset.put("scale", experiment.data().transform().scale());
        dataset.put("shift", experiment.data().transform().shift());
        return dataset;
    }

    private static String version() {
        String version = Manifest.class.getPackage().getImplementationVersion();
        return version == null ? UNKNOWN : version;
    }

    /** The processor's name where the system tells it in a file, as Linux does. */
    private static String cpu() {
        Path file = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(file)) {
            return System.getProperty("os.arch");
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }
}
