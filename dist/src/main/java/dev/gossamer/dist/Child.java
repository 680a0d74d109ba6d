package dev.gossamer.dist;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a test class in a JVM of its own, with this one's flags and class path. */
final class Child {

    private Child() {}

    /** What the child does: runs the class, the first argument, and writes its result to the file, the second. */
    public static void main(String[] args) throws IOException {
        new Results(Path.of(args[1])).add(InJvm.run(args[0]));
        // Threads that a test left running do not hold it up.
        System.exit(0);
    }

    static ClassResult run(String name, int limitSeconds) throws IOException, InterruptedException {
        Path file = Files.createTempFile("gossamer-test", ".jsonl");
        try {
            Files.delete(file);
            long start = System.nanoTime();
            Process child = new ProcessBuilder(command(name, file))
                    .inheritIO()
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            boolean ended = waitFor(child, limitSeconds);
            double seconds = (System.nanoTime() - start) / 1e9;
            if (Files.exists(file)) {
                return ClassResult.parse(Files.readString(file));
            }
            String why = ended
                    ? "its JVM ended with exit code " + child.exitValue()
                    : "took more than " + limitSeconds + " s, and was stopped";
            return ClassResult.lost(name, seconds, why);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static boolean waitFor(Process child, int seconds) throws InterruptedException {
        Thread stop = new Thread(child::destroyForcibly, "stop-child");
        try {
            // Refused where this JVM is ending, in which case the child does at once.
            Runtime.getRuntime().addShutdownHook(stop);
            return child.waitFor(seconds, TimeUnit.SECONDS);
        } finally {
            child.destroyForcibly().waitFor();
            Runtime.getRuntime().removeShutdownHook(stop);
        }
    }

    private static List<String> command(String name, Path file) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName(), name));
        command.add(file.toString());
        return command;
    }
}
