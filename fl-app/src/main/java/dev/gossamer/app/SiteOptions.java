package dev.gossamer.app;

import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.Sites;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where clients run: in this process, or on a cluster. Results do not depend on it. */
final class SiteOptions {

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

    private static void put(Map<String, String> settings, String key, @Nullable String value) {
        if (value != null) {
            settings.put(key, value);
        }
    }
}
