package dev.gossamer.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Starts a small jar the way a user does, with the JVM of this test, without and with the Vector API switched on. */
class BootTest {

    private static final String JAVA =
            Boot.Jdk.java(Path.of(System.getProperty("java.home"))).toString();

    @TempDir
    Path folder;

    private Path jar = Path.of("");

    @BeforeEach
    void packJar() throws IOException {
        jar = folder.resolve("with space.jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Boot.class.getName());
        manifest.getMainAttributes().put(new Attributes.Name("Gossamer-Main"), Probe.class.getName());
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream packed = new JarOutputStream(out, manifest)) {
            for (Class<?> type : List.of(Boot.class, Boot.Jdk.class, Boot.Finder.class, Probe.class)) {
                String name = type.getName().replace('.', '/') + ".class";
                packed.putNextEntry(new JarEntry(name));
                try (InputStream in = BootTest.class.getClassLoader().getResourceAsStream(name)) {
                    in.transferTo(packed);
                }
            }
        }
    }

    @Test
    void startsAnotherJvmWithTheFlagsOfThisOne() throws Exception {
        Result result = run(List.of("-Dgossamer.backend=reference", "-Xmx64m"), "exit", "7", "--json", "two words", "");
        assertThat(result.exitCode()).isEqualTo(7);
        assertThat(result.lines())
                .contains(
                        "vector=true",
                        "property=reference",
                        "heap=" + 64 * 1024 * 1024,
                        "args=exit|7|--json|two words|")
                .doesNotContain("pid=" + result.pid());
    }

    @Test
    void staysInAJvmThatWillDo() throws Exception {
        Result result = run(Boot.FLAGS, "exit", "5");
        assertThat(result.exitCode()).isEqualTo(5);
        assertThat(result.lines()).contains("vector=true", "pid=" + result.pid());
    }

    @Test
    void handsOnStandardInput() throws Exception {
        Process process = start(List.of(), "echo");
        try (OutputStream out = process.getOutputStream()) {
            out.write("typed".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(result(process).lines()).contains("in=typed");
    }

    @Test
    void aFailureIsTheSameEitherWay() throws Exception {
        for (List<String> flags : List.of(List.<String>of(), Boot.FLAGS)) {
            Result result = run(flags, "throw");
            assertThat(result.exitCode()).isEqualTo(1);
            assertThat(result.errors()).contains("IllegalStateException: as asked");
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows has no SIGTERM")
    void aSignalReachesTheChildAndItsExitCodeComesBack() throws Exception {
        Process process = start(List.of(), "wait");
        List<String> lines = new ArrayList<>();
        BufferedReader out = process.inputReader();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            lines.add(line);
            if (line.equals("ready")) {
                process.toHandle().destroy(); // Process.destroy would close the stream that is read here
            }
        }
        assertThat(process.waitFor()).isEqualTo(128 + 15);
        assertThat(lines).contains("tidied").doesNotContain("pid=" + process.pid());
    }

    @Test
    void withoutAJdkItSaysWhereItLookedAndExitsWith2() throws Exception {
        ProcessBuilder builder = builder(List.of(), "exit", "0");
        builder.environment().put("GOSSAMER_JAVA_HOME", folder.toString());
        Result result = result(builder.start());
        assertThat(result.exitCode()).isEqualTo(Boot.USAGE);
        assertThat(result.errors()).contains("25.0.3 or newer", "GOSSAMER_JAVA_HOME: " + folder + ": no bin/java");
    }

    @Test
    void printsTheJdkFolderFromItsSource() throws Exception {
        Path source = Path.of("src/main/java/dev/gossamer/boot/Boot.java");
        ProcessBuilder builder = new ProcessBuilder(JAVA, source.toString(), "--print-jdk-home");
        builder.environment().put("GOSSAMER_JAVA_HOME", System.getProperty("java.home"));
        Result result = result(builder.start());
        assertThat(result.exitCode()).isZero();
        assertThat(result.lines()).containsExactly(System.getProperty("java.home"));
    }

    @Test
    void agentsAndOtherFlagsStayBehind() {
        assertThat(Boot.handedOn(List.of(
                        "-Da=b",
                        "-agentlib:jdwp=server=y",
                        "-Xss2m",
                        "-XX:+UseZGC",
                        "-ea",
                        "-Xrunjdwp:x",
                        "--add-opens=a/b=c")))
                .containsExactly("-Da=b", "-Xss2m", "-XX:+UseZGC", "-ea");
    }

    private record Result(long pid, int exitCode, List<String> lines, String errors) {}

    private Result run(List<String> flags, String... args) throws Exception {
        return result(start(flags, args));
    }

    private Process start(List<String> flags, String... args) throws IOException {
        return builder(flags, args).start();
    }

    private ProcessBuilder builder(List<String> flags, String... args) {
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(flags);
        command.addAll(List.of("-jar", jar.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("GOSSAMER_JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    /** Standard error is a handful of lines here, so reading it last cannot fill its pipe. */
    private static Result result(Process process) throws Exception {
        List<String> lines = process.inputReader().lines().toList();
        String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.pid(), process.waitFor(), lines, errors);
    }
}
