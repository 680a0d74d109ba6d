package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A JVM of its own: what is loaded, or fails to load, stays so for the life of a JVM. */
final class ChildJvm {

    private final Path work;
    private final List<String> flags = new ArrayList<>();
    private final Map<String, String> env = new HashMap<>();
    private Predicate<String> onClassPath = entry -> true;
    private boolean nativeAccess = true;
    private String before = "";

    /**
     * A JVM with a folder for temporary files of its own.
     *
     * @param work a folder for it
     */
    ChildJvm(Path work) {
        this.work = work;
    }

    ChildJvm flag(String flag) {
        flags.add(flag);
        return this;
    }

    ChildJvm variable(String name, String value) {
        env.put(name, value);
        return this;
    }

    ChildJvm withoutNativeAccess() {
        nativeAccess = false;
        return this;
    }

    /** Leaves the jars whose names start so out of the class path. */
    ChildJvm without(String... jars) {
        onClassPath = entry ->
                Arrays.stream(jars).noneMatch(Path.of(entry).getFileName().toString()::startsWith);
        return this;
    }

    /** Puts a folder before the class path. */
    ChildJvm first(Path folder) {
        before = folder + File.pathSeparator;
        return this;
    }

    /** Where it keeps temporary files. */
    Path temporary() {
        return work.resolve("tmp");
    }

    /**
     * What it printed.
     *
     * @param out standard output
     * @param err standard error
     */
    record Result(String out, String err) {

        /** The value of a line {@code key=value}. */
        String value(String key) {
            return out.lines()
                    .filter(line -> line.startsWith(key + "="))
                    .map(line -> line.substring(key.length() + 1))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no line " + key + "= in: " + out + err));
        }
    }

    Result run(Class<?> main, String... arguments) {
        return finish(start(main, arguments));
    }

    /** Starts it and does not wait. */
    Process start(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (nativeAccess) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-Xshare:auto", "-Xmx256m", "-Djava.io.tmpdir=" + temporary()));
        command.addAll(flags);
        command.addAll(List.of("-cp", classPath(), main.getName()));
        command.addAll(List.of(arguments));
        try {
            Files.createDirectories(temporary());
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectOutput(work.resolve("out").toFile())
                    .redirectError(work.resolve("err").toFile());
            Map<String, String> variables = builder.environment();
            variables.keySet().removeIf(name -> name.startsWith("GOSSAMER_") || name.equals("CUDA_VISIBLE_DEVICES"));
            variables.remove("LD_LIBRARY_PATH");
            variables.putAll(env);
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for its end, which has to be a good one. */
    Result finish(Process process) {
        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("it ends").isTrue();
            Result result = new Result(Files.readString(work.resolve("out")), Files.readString(work.resolve("err")));
            assertThat(process.exitValue()).as("exit code; it said: %s", result).isZero();
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            process.destroyForcibly();
        }
    }

    private String classPath() {
        return before
                + Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                        .filter(onClassPath)
                        .collect(Collectors.joining(File.pathSeparator));
    }
}
