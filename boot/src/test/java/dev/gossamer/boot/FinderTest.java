package dev.gossamer.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.boot.Boot.Finder;
import dev.gossamer.boot.Boot.Jdk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FinderTest {

    private static final String VECTOR = "java.base jdk.incubator.vector jdk.net";

    @TempDir
    Path root;

    @ParameterizedTest
    @CsvSource({
        "17.0.15, false",
        "24.0.2, false",
        "25, false",
        "25.0.2, false",
        "25.0.3, true",
        "25.0.3.1, true",
        "25.0.10, true",
        "25.1, true",
        "26, false",
        "26.0.1, false"
    })
    void aJdkSuitsFrom25_0_3To26(String version, boolean suits) {
        assertThat(Jdk.suits(Runtime.Version.parse(version))).isEqualTo(suits);
    }

    @Test
    void theUsersVariableWinsOverEverything() throws IOException {
        Path own = jdk("own", "25.0.4", VECTOR);
        Path other = jdk("other", "25.0.9", VECTOR);
        var env = Map.of("GOSSAMER_JAVA_HOME", own.toString(), "JAVA_HOME", other.toString());
        assertThat(new Finder(env, other, List.of()).find()).contains(own);
    }

    @Test
    void theUsersVariableIsStrict() throws IOException {
        Path own = jdk("own", "21.0.5", VECTOR);
        Path good = jdk("good", "25.0.3", VECTOR);
        Finder finder = new Finder(Map.of("GOSSAMER_JAVA_HOME", own.toString()), good, List.of());
        assertThat(finder.find()).isEmpty();
        assertThat(finder.complaint()).contains("GOSSAMER_JAVA_HOME: " + own + ": Java 21.0.5");
    }

    @Test
    void anUnsuitableJavaHomeIsPassedOver() throws IOException {
        Path old = jdk("old", "17.0.15", VECTOR);
        Path running = jdk("running", "25.0.3", VECTOR);
        assertThat(new Finder(Map.of("JAVA_HOME", old.toString()), running, List.of()).find())
                .contains(running);
    }

    @Test
    void quotesAroundAFolderDoNotMatter() throws IOException {
        Path home = jdk("with space", "25.0.3", VECTOR);
        assertThat(new Finder(Map.of("JAVA_HOME", "\"" + home + "\""), root, List.of()).find())
                .contains(home);
    }

    @Test
    void theNewestOfAFolderIsTaken() throws IOException {
        jdk("usual/a-25.0.3", "25.0.3", VECTOR);
        Path newest = jdk("usual/b-25.0.10", "25.0.10", VECTOR);
        jdk("usual/c-25.0.9", "25.0.9", VECTOR);
        jdk("usual/d-26", "26", VECTOR);
        jdk("usual/e-1.8", "1.8.0_402", VECTOR);
        assertThat(new Finder(Map.of(), root, List.of(root.resolve("usual"))).find())
                .contains(newest);
    }

    @Test
    void macBundlesAndUnpackedArchivesAreFound() throws IOException {
        Path bundle = jdk("mac/temurin-25.jdk/Contents/Home", "25.0.3", VECTOR);
        assertThat(new Finder(Map.of(), root, List.of(root.resolve("mac"))).find())
                .contains(bundle);
        Path gradle = jdk(".gradle/jdks/eclipse_adoptium-25/jdk-25.0.3+9", "25.0.3", VECTOR);
        assertThat(new Finder(Map.of(), root, Finder.userFolders(Map.of(), root)).find())
                .contains(gradle);
    }

    @Test
    void toolManagersMayMoveTheirFolders() {
        var folders = Finder.userFolders(Map.of("SDKMAN_DIR", "/elsewhere", "MISE_DATA_DIR", "/mise"), root);
        assertThat(folders)
                .contains(
                        Path.of("/elsewhere/candidates/java"),
                        Path.of("/mise/installs/java"),
                        root.resolve(".asdf/installs/java"),
                        root.resolve(".jdks"));
    }

    @Test
    void aRuntimeWithoutTheVectorModuleIsRefused() throws IOException {
        Path home = jdk("small", "25.0.3", "java.base java.logging");
        assertThat(Jdk.objection(home)).contains("has no module jdk.incubator.vector");
    }

    @Test
    void aFolderWithoutJavaIsRefused() throws IOException {
        Path home = jdk("hollow", "25.0.3", VECTOR);
        Files.delete(home.resolve("bin/java"));
        assertThat(Jdk.objection(home)).contains("no bin/java in it");
    }

    @Test
    void theComplaintListsEveryPlaceAndTheRemedy() throws IOException {
        Path old = jdk("old", "17.0.15", VECTOR);
        jdk("usual/jdk-24", "24", VECTOR);
        Path usual = root.resolve("usual");
        Path missing = root.resolve("missing");
        Finder finder = new Finder(Map.of("JAVA_HOME", old.toString()), root, List.of(usual, missing));
        assertThat(finder.find()).isEmpty();
        assertThat(finder.complaint().lines())
                .hasSize(7)
                .contains(
                        "  GOSSAMER_JAVA_HOME: not set",
                        "  JAVA_HOME: " + old + ": Java 17.0.15",
                        "  " + usual + ": jdk-24 (Java 24)",
                        "  " + missing + ": no such folder");
        assertThat(finder.complaint()).contains("25.0.3 or newer, below 26", "adoptium.net", "GOSSAMER_JAVA_HOME");
    }

    private Path jdk(String folder, String version, String modules) throws IOException {
        Path home = root.resolve(folder);
        Path bin = Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\nMODULES=\"" + modules + "\"\n");
        Path java = Files.writeString(bin.resolve("java"), "");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        return home;
    }
}
