package dev.gossamer.spark;

import dev.gossamer.fl.run.ConfigException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;

/** What Spark is told, from the command's settings and from what {@code spark-submit} has set. */
final class SparkSettings {

    /** The cluster's address. */
    static final String MASTER = "master";

    /** Where executors find the data sets: a path there, or an address that Hadoop's file systems know. */
    static final String DATA = "data";

    /** Where copies of the run directory go: an address that Hadoop's file systems know. */
    static final String MIRROR = "mirror";

    private static final String SPARK = "spark.";
    private static final String JAVA_OPTIONS = "spark.executor.extraJavaOptions";

    /** What every JVM that runs Gossamer is started with. */
    private static final String FLAGS = "--add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED";

    private static final String STANDALONE = "spark://";
    private static final int STANDALONE_PORT = 7077;
    private static final int CONNECT_MILLIS = 5000;

    private SparkSettings() {}

    /**
     * Spark's configuration.
     *
     * @throws ConfigException if a setting is unknown, there is no master, or Kryo is asked for
     */
    static SparkConf conf(Map<String, String> settings) {
        SparkConf conf = new SparkConf();
        conf.setIfMissing("spark.app.name", "gossamer");
        conf.setIfMissing("spark.ui.showConsoleProgress", "false");
        new TreeMap<>(settings).forEach((key, value) -> {
            if (key.startsWith(SPARK)) {
                conf.set(key, value);
            } else if (!List.of(MASTER, DATA, MIRROR).contains(key)) {
                throw new ConfigException("Runner spark has no setting '" + key + "'; it has " + MASTER + ", " + DATA
                        + ", " + MIRROR + ", and those of Spark, which begin with " + SPARK);
            }
        });
        if (settings.containsKey(MASTER)) {
            conf.setMaster(settings.get(MASTER));
        }
        if (!conf.contains("spark.master")) {
            throw new ConfigException("Runner spark needs a master: give --master local[2], --master"
                    + " spark://HOST:7077 or another that Spark knows, or start with spark-submit --master");
        }
        if (!conf.get("spark.serializer", "JavaSerializer").endsWith("JavaSerializer")) {
            throw new ConfigException("spark.serializer is " + conf.get("spark.serializer")
                    + ", but works with the JavaSerializer only: what is large is bytes of Gossamer's own already");
        }
        conf.set(JAVA_OPTIONS, (conf.get(JAVA_OPTIONS, "") + " " + FLAGS).strip());
        addOwnJar(conf);
        return conf;
    }

    /** Executors get this jar; from a folder of classes, as in tests, whoever starts them gives them a class path. */
    private static void addOwnJar(SparkConf conf) {
        try {
            Path own = Path.of(SparkSettings.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            List<String> jars =
                    new ArrayList<>(List.of(conf.get("spark.jars", "").split(",", -1)));
            jars.removeIf(String::isBlank);
            boolean named = jars.stream().anyMatch(jar -> jar.endsWith("/" + own.getFileName()));
            if (Files.isRegularFile(own) && !named) {
                jars.add(own.toString());
                conf.set("spark.jars", String.join(",", jars));
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException("The place of this class is no path", e);
        }
    }

    /**
     * Knocks at a standalone master, which Spark itself would do for a minute before it gave up.
     *
     * @throws ConfigException if none of the masters answers
     */
    static void requireReachable(String master) {
        if (!master.startsWith(STANDALONE)) {
            return;
        }
        List<String> failures = new ArrayList<>();
        for (String address : master.substring(STANDALONE.length()).split(",", -1)) {
            int colon = address.lastIndexOf(':');
            String host = colon < 0 ? address : address.substring(0, colon);
            try (Socket socket = new Socket()) {
                int port = colon < 0 ? STANDALONE_PORT : Integer.parseInt(address.substring(colon + 1));
                socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
                return;
            } catch (IOException | IllegalArgumentException e) {
                failures.add(address + ": " + e);
            }
        }
        throw new ConfigException(
                "Runner spark: master " + master + " cannot be reached (" + String.join("; ", failures)
                        + "). Start it with $SPARK_HOME/sbin/start-master.sh on that host, or correct --master");
    }
}
