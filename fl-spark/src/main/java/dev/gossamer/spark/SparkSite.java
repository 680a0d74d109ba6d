package dev.gossamer.spark;

import dev.gossamer.fl.run.ClientHost;
import dev.gossamer.fl.run.ClientMemories;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.StopSignal;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;

/** A Spark application, for as many runs as its owner likes, one after the other. */
final class SparkSite implements Site {

    private static final System.Logger LOG = System.getLogger(SparkSite.class.getName());

    /** Until when the first executor has to be there. */
    private static final long EXECUTOR_SECONDS = 60;

    private final JavaSparkContext spark;
    private final @Nullable String data;
    private final @Nullable String mirror;

    /** Where the data was last asked for, as executors are told. */
    private String location = "";

    /** Whether copies of runs may replace those of others. */
    private boolean overwrite;

    private SparkSite(JavaSparkContext spark, @Nullable String data, @Nullable String mirror) {
        this.spark = spark;
        this.data = data;
        this.mirror = mirror;
    }

    /**
     * Starts the application.
     *
     * @param settings see {@link SparkSettings}
     * @throws ConfigException naming what is wrong, and the remedy
     */
    static SparkSite open(Map<String, String> settings) {
        SparkSiteProvider.requireRelease(
                org.apache.spark.package$.MODULE$.SPARK_VERSION(), place(JavaSparkContext.class));
        SparkConf conf = SparkSettings.conf(settings);
        String master = conf.get("spark.master");
        SparkSettings.requireReachable(master);
        JavaSparkContext spark;
        try {
            spark = new JavaSparkContext(conf);
        } catch (Exception e) { // Scala throws checked exceptions without declaring them
            throw new ConfigException("Runner spark: master " + master + " cannot be used: " + e.getMessage(), e);
        }
        SparkSite site = new SparkSite(spark, settings.get(SparkSettings.DATA), settings.get(SparkSettings.MIRROR));
        try {
            site.awaitExecutors(master);
        } catch (RuntimeException e) {
            site.close();
            throw e;
        }
        LOG.log(
                System.Logger.Level.INFO,
                () -> "Spark " + spark.version() + " at " + master + ", application "
                        + spark.sc().applicationId() + ", " + slots(spark) + " task slots");
        return site;
    }

    private static String place(Class<?> type) {
        return String.valueOf(type.getProtectionDomain().getCodeSource().getLocation());
    }

    private void awaitExecutors(String master) {
        if (master.startsWith("local") && !master.startsWith("local-cluster")) {
            return;
        }
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(EXECUTOR_SECONDS);
        while (executors() == 0) {
            if (spark.sc().isStopped() || System.nanoTime() > until) {
                throw new ConfigException("Runner spark: no executor came from " + master + " within "
                        + EXECUTOR_SECONDS + " s. Look at the master's page for workers with "
                        + spark.getConf().get("spark.executor.cores", "1") + " free cores and "
                        + spark.getConf().get("spark.executor.memory", "1g")
                        + " of memory, and at the executors' logs for a Java older than 25");
            }
            pause(100);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConfigException("Runner spark: interrupted while it waited for executors", e);
        }
    }

    /** The driver, which is listed as one, left out. */
    int executors() {
        return spark.statusTracker().getExecutorInfos().length - 1;
    }

    /** Tasks that can run side by side now. */
    static int slots(JavaSparkContext spark) {
        int perTask = spark.getConf().getInt("spark.task.cpus", 1);
        return Math.max(1, spark.defaultParallelism() / perTask);
    }

    @Override
    public Path folder(String named, String dataset) {
        location = data == null ? DataFiles.absolute(named) : data;
        return DataFiles.folder(named, dataset);
    }

    @Override
    public void check(Experiment experiment) {
        probe(experiment).forEach(device -> LOG.log(System.Logger.Level.INFO, device));
    }

    /** The executors that were there to be asked, in words. */
    Set<String> probe(Experiment experiment) {
        RunSetup setup = RunSetup.of(experiment, location);
        int probes = 2 * slots(spark);
        List<byte[]> found = spark.parallelize(
                        IntStream.range(0, probes).boxed().toList(), probes)
                .map(new ProbeTask(setup))
                .collect();
        TreeSet<String> unable = new TreeSet<>();
        TreeSet<String> devices = new TreeSet<>();
        for (byte[] bytes : found) {
            Outcome outcome = Outcome.decode(bytes);
            (outcome instanceof Outcome.Unable ? unable : devices).add(outcome.text());
        }
        if (!unable.isEmpty()) {
            throw new ConfigException(
                    unable.first() + (unable.size() == 1 ? "" : " (and " + (unable.size() - 1) + " more)"));
        }
        return devices;
    }

    @Override
    public Map<String, Object> describe() {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("runner", "spark");
        said.put("spark", spark.version());
        said.put("master", spark.sc().master());
        said.put("application", spark.sc().applicationId());
        said.put("executors", Math.max(1, executors()));
        said.put("slots", slots(spark));
        return Collections.unmodifiableMap(said);
    }

    @Override
    public Session open(Experiment experiment, ClientMemories memories, StopSignal stop) {
        return new SparkClientRunner(
                spark, RunSetup.of(experiment, location), ClientHost.testBatches(experiment), memories, stop);
    }

    @Override
    public void checkCopies(boolean overwrite) {
        this.overwrite = overwrite;
        if (mirror != null) {
            new RunMirror(mirror, DataFiles.hadoop(), overwrite).check("");
        }
    }

    @Override
    public RunListener keeper(Path directory) {
        return mirror == null
                ? RunListener.NONE
                : new RunMirror(mirror, DataFiles.hadoop(), overwrite).keeper(directory);
    }

    @Override
    public void restore(Path directory) {
        if (mirror != null) {
            new RunMirror(mirror, DataFiles.hadoop(), false).restore(directory);
        }
    }

    @Override
    public void close() {
        spark.close();
    }
}
