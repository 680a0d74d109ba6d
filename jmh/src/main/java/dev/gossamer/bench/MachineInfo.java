package dev.gossamer.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a number means nothing without: processor, cores, JDK, peers. */
final class MachineInfo {

    private MachineInfo() {}

    static String describe() {
        String peer = OneMkl.objection() == null ? OneMkl.version() : "none";
        return "# Machine: " + processor() + ", " + Runtime.getRuntime().availableProcessors() + " cores, "
                + System.getProperty("os.name") + System.lineSeparator() + "# JDK: " + Runtime.version()
                + System.lineSeparator() + "# Peer: " + peer;
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException | UncheckedIOException e) {
            return System.getProperty("os.arch");
        }
    }
}
