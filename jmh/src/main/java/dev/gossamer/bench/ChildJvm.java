package dev.gossamer.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This program in a process of its own, with the same Java, flags and class path. */
final class ChildJvm {

    private ChildJvm() {}

    /**
     * Runs a command of {@link Main} to its end. What it prints goes to standard error, as progress.
     *
     * @throws IllegalStateException if its exit code is not 0; it has said why
     */
    static void run(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments);
        Process process = null;
        try {
            process = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.PIPE)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            process.getOutputStream().close();
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                lines.lines().forEach(System.err::println);
            }
            int code = process.waitFor();
            if (code != 0) {
                throw new IllegalStateException(
                        "the process for `" + String.join(" ", arguments) + "` ended with exit code " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run " + command.getFirst(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Measuring was interrupted", e);
        } finally {
            if (process != null) {
                process.destroy();
            }
        }
    }
}
