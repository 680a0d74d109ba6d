package dev.gossamer.app;

import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.Sites;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where clients run: in this process, or on a cluster. Results do not depend on it. */
final class SiteOptions {

    /** Keys whose values Spark does not show either: the default of spark.redaction.regex. */
    private static final Pattern SECRET = Pattern.compile("(?i)secret|password|token|access[.]?key");

    @Option(
            names = "--runner",
            paramLabel = "NAME",
            description = "Where clients run: local, on threads of this process, or spark. Default: local.")
    private String runner = Sites.LOCAL;

    @Option(
            names = "--master",
            paramLabel = "URL",
            description = "Spark's master: local[2], spark://HOST:7077, yarn; default: that of spark-submit.")
    private @Nullable String master;

    @Option(
            names = "--executor-data",
            paramLabel = "LOCATION",
            description = "Where executors find the data sets: a path there, hdfs://, s3a://; default: --data.")
    private @Nullable String data;

    @Option(
            names = "--mirror",
            paramLabel = "URL",
            description = "Keeps a copy of the run directory on a file system that Spark knows, after each round.")
    private @Nullable String mirror;

    @Option(
            names = "--conf",
            paramLabel = "KEY=VALUE",
            description = "A setting of Spark's; may be given several times.")
    private Map<String, String> conf = new LinkedHashMap<>();

    /** Opens the site, for the caller to close; null where clients run in this process. */
    @Nullable
    Site open(RunOptions run) {
        Map<String, String> settings = new LinkedHashMap<>(conf);
        put(settings, "master", master);
        put(settings, "data", data);
        put(settings, "mirror", mirror);
        if (runner.equals(Sites.LOCAL)) {
            if (!settings.isEmpty()) {
                throw new UsageException("--master, --executor-data, --mirror and --conf are for --runner spark; the"
                        + " runner is " + runner);
            }
            return null;
        }
        if (run.isMemoryBounded()) {
            throw new UsageException("--memory is for --runner local; on Spark give executors their memory by --conf"
                    + " spark.executor.memory=SIZE, and less cores where clients do not fit");
        }
        return Sites.open(runner, settings);
    }

    /**
     * The options as they were given, for a command that goes on; nothing if clients run in this process. The command may end
     * in a log, so secrets are left for the user to fill in.
     */
    List<String> given() {
        Map<String, String> options = new LinkedHashMap<>();
        put(options, "--master", master);
        put(options, "--executor-data", data);
        put(options, "--mirror", mirror);
        List<String> words = new ArrayList<>();
        if (!runner.equals(Sites.LOCAL)) {
            words.addAll(List.of("--runner", runner));
        }
        options.forEach((name, value) -> words.addAll(List.of(name, value)));
        conf.forEach((key, value) ->
                words.addAll(List.of("--conf", key + "=" + (SECRET.matcher(key).find() ? "..." : value))));
        return words;
    }

    private static void put(Map<String, String> settings, String key, @Nullable String value) {
        if (value != null) {
            settings.put(key, value);
        }
    }
}
