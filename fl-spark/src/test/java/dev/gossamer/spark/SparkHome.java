package dev.gossamer.spark;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What `local-cluster` takes for a Spark distribution: the jars of this test's class path, linked into a folder. */
final class SparkHome {

    private SparkHome() {}

    /** Makes the folder that the environment names, as surefire sets it. */
    static Path make() {
        Path home = Path.of(System.getenv("SPARK_HOME"));
        try {
            Path jars = Files.createDirectories(home.resolve("jars"));
            Files.deleteIfExists(home.resolve("RELEASE"));
            Files.createFile(home.resolve("RELEASE"));
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
                Path jar = Path.of(entry);
                Path link = jars.resolve(jar.getFileName());
                if (entry.endsWith(".jar") && !Files.exists(link)) {
                    Files.deleteIfExists(link);
                    Files.createSymbolicLink(link, jar);
                }
            }
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Settings of a cluster of two executors, each a process with one core. */
    static Map<String, String> twoExecutors() {
        make();
        Map<String, String> settings = quiet("local-cluster[2,1,1024]");
        settings.put("spark.executor.memory", "1g");
        settings.put("spark.executor.extraClassPath", System.getProperty("java.class.path"));
        settings.put("spark.executorEnv.SPARK_LOCAL_IP", "127.0.0.1");
        return settings;
    }

    /** Settings of a master that answers nobody but this test. */
    static Map<String, String> quiet(String master) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("master", master);
        settings.put("spark.ui.enabled", "false");
        settings.put("spark.driver.host", "127.0.0.1");
        settings.put("spark.driver.bindAddress", "127.0.0.1");
        return settings;
    }
}
