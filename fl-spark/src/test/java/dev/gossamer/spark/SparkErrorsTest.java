package dev.gossamer.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.run.ConfigException;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What stands in the way before anything runs: each message says what, where, and what to do. */
class SparkErrorsTest {

    @Test
    void noSpark() throws ReflectiveOperationException, IOException {
        URL[] withoutSpark = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("spark-"))
                .map(SparkErrorsTest::url)
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(withoutSpark, ClassLoader.getPlatformClassLoader())) {
            Class<?> provider = loader.loadClass(SparkSiteProvider.class.getName());
            Object made = provider.getConstructor().newInstance();

            assertThat(provider.getMethod("name").invoke(made)).isEqualTo("spark");
            assertThatThrownBy(() -> provider.getMethod("open", Map.class).invoke(made, Map.of()))
                    .isInstanceOf(InvocationTargetException.class)
                    .cause()
                    .hasMessageContaining("there is no Spark on the class path")
                    .hasMessageContaining("Set SPARK_HOME to a Spark 4.2 distribution");
        }
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void anotherRelease() {
        SparkSiteProvider.requireRelease("4.2.0", "here");
        SparkSiteProvider.requireRelease("4.2.7", "here");
        for (String other : new String[] {"4.1.1", "4.20.0", "3.5.6"}) {
            assertThatThrownBy(() -> SparkSiteProvider.requireRelease(other, "file:/opt/spark/jars/spark-core.jar"))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(
                            "is for Spark 4.2, but file:/opt/spark/jars/spark-core.jar has Spark " + other);
        }
    }

    @Test
    void aMasterThatNobodyAnswersAt() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        String master = "spark://127.0.0.1:" + port;
        assertRefused(Map.of("master", master), "master " + master + " cannot be reached (127.0.0.1:" + port + ": ");
        assertRefused(Map.of("master", "spark://127.0.0.1:port"), "cannot be reached (127.0.0.1:port: ");
    }

    @Test
    void settingsThatDoNotFit() {
        assertRefused(Map.of(), "needs a master");
        assertRefused(Map.of("master", "local[2]", "colour", "red"), "no setting 'colour'");
        assertRefused(Map.of("master", "moon://here"), "master moon://here cannot be used: ");
        assertRefused(
                Map.of("master", "local[2]", "spark.serializer", "org.apache.spark.serializer.KryoSerializer"),
                "works with the JavaSerializer only");
    }

    private static void assertRefused(Map<String, String> settings, String message) {
        assertThatThrownBy(() -> new SparkSiteProvider().open(settings))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }
}
