package dev.gossamer.fl.run;

import dev.gossamer.engine.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Where a run happened and with what: everything beside the configuration that somebody who repeats it may ask for. */
final class Manifest {

    /** System property with the commit of the code; the launcher sets it. */
    static final String COMMIT_PROPERTY = "gossamer.commit";

    private static final String UNKNOWN = "unknown";

    private Manifest() {}

    static Map<String, Object> of(Experiment experiment) {
        Map<String, Object> manifest = new LinkedHashMap<>();
        manifest.put("started", Instant.now().toString());
        manifest.put("seed", experiment.config().seed());
        manifest.put("gossamer", version());
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
        return manifest;
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

    private static Map<String, Object> dataset(Experiment experiment) {
        Map<String, Object> dataset = new LinkedHashMap<>();
        dataset.put("name", experiment.data().name());
        dataset.put("train", experiment.data().train().count());
        dataset.put("test", experiment.data().test().count());
        dataset.put("classes", experiment.data().classes());
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
