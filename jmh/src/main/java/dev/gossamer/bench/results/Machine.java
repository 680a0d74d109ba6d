package dev.gossamer.bench.results;

import dev.gossamer.bench.roofline.Caches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What a number means nothing without: processor, cores, caches, JDK, its flags, and the commit of the code. */
public final class Machine {

    /** System property with the commit, for jars that lie outside their repository. */
    private static final String COMMIT_PROPERTY = "gossamer.commit";

    private static final String UNKNOWN = "unknown";

    private Machine() {}

    /** This machine and this process, fact by fact. */
    public static Map<String, Object> facts() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("cpu", processor());
        facts.put("cores", Runtime.getRuntime().availableProcessors());
        facts.put("caches", Caches.ofThisMachine().toString());
        facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        facts.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
        facts.put("flags", String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        facts.put("commit", commit());
        facts.put("started", Instant.now().toString());
        return facts;
    }

    /** The facts for people, one in a line. */
    public static String text(Map<String, Object> facts) {
        StringBuilder text = new StringBuilder();
        facts.forEach((fact, value) -> text.append(String.format("# %-9s %s%n", fact, value)));
        return text.toString();
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

    /** With {@code -dirty} behind it where files differ from it. */
    private static String commit() {
        String told = System.getProperty(COMMIT_PROPERTY);
        if (told != null) {
            return told;
        }
        CodeSource source = Machine.class.getProtectionDomain().getCodeSource();
        if (source == null) {
            return UNKNOWN;
        }
        try {
            Path code = Path.of(source.getLocation().toURI()).toAbsolutePath();
            Path folder = Files.isDirectory(code) ? code : code.resolveSibling(".");
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude", "*")
                    .directory(folder.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0 && !commit.isEmpty() ? commit : UNKNOWN;
        } catch (IOException | java.net.URISyntaxException e) {
            return UNKNOWN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return UNKNOWN;
        }
    }
}
