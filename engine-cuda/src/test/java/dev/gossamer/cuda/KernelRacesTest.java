package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Looks for races within blocks without a GPU: every kernel runs with a thread of the system for each CUDA thread, under
 * ThreadSanitizer; src/test/races says what that shows and what it does not.
 */
class KernelRacesTest {

    private static final Path MODULE =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private static final Path SOURCES = MODULE.resolve("src/test/races");

    private static final Path CUDA = MODULE.resolve("src/main/cuda");
    private static final Pattern KERNEL =
            Pattern.compile("extern \"C\" __global__ void (?:__launch_bounds__\\([^)]*\\) )?(\\w+)\\(");

    /** How a program ends in which ThreadSanitizer saw a race. */
    private static final int RACE = 66;

    @TempDir
    static Path folder;

    private record Ended(int status, String said) {}

    @BeforeAll
    static void compile() throws Exception {
        Path trivial = Files.writeString(folder.resolve("trivial.cpp"), "#include <barrier>\nint main() {}\n");
        Ended tried = compile(trivial, "trivial");
        assumeTrue(tried.status == 0, () -> "g++ with C++20 and ThreadSanitizer is needed: " + tried.said);
        Ended compiled = compile(SOURCES.resolve("races.cpp"), "races");
        assertThat(compiled.status).as(compiled.said).isZero();
    }

    @Test
    void kernelsHaveNone() throws Exception {
        Ended ended = run(List.of(folder.resolve("races").toString()));
        assertThat(ended.status).as(ended.said).isZero();
        assertThat(ended.said).contains("no race seen");
    }

    @Test
    void plantedOneIsSeen() throws Exception {
        Ended ended = run(List.of(folder.resolve("races").toString(), "planted"));
        assertThat(ended.status).as(ended.said).isEqualTo(RACE);
        assertThat(ended.said).contains("data race");
    }

    @Test
    void noKernelIsLeftOut() throws Exception {
        String cases = Files.readString(SOURCES.resolve("races.cpp"));
        List<String> left = new ArrayList<>();
        int kernels = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(CUDA, "*.cu")) {
            for (Path file : files) {
                Matcher kernel = KERNEL.matcher(Files.readString(file));
                for (; kernel.find(); kernels++) {
                    if (!cases.contains(" " + kernel.group(1) + "(")) {
                        left.add(kernel.group(1));
                    }
                }
            }
        }
        assertThat(kernels).as("kernels in " + CUDA).isGreaterThan(20);
        assertThat(left).as("kernels that races.cpp does not run").isEmpty();
    }

    private static Ended compile(Path source, String program) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "g++", "-std=c++20", "-O1", "-g", "-fsanitize=thread", "-ffp-contract=off", "-Wall", "-Wextra"));
        command.addAll(List.of("-Wno-unknown-pragmas", "-Werror", "-I", CUDA.toString()));
        command.addAll(List.of(source.toString(), "-o", folder.resolve(program).toString()));
        try {
            return run(command);
        } catch (IOException e) {
            return new Ended(-1, String.valueOf(e.getMessage()));
        }
    }

    private static Ended run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), said);
    }
}
