import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Counts what surefire reported since a build began, module by module, and lists why tests were skipped. The argument
 * is a file as old as that beginning. Exits with 1 when a test failed, when a module ran none, or when the CPU backend
 * was not tested at every vector width.
 */
final class TestReport {

    /** Modules without tests of their own: the benchmarks verify their answers when they run. */
    private static final List<String> UNTESTED = List.of("jmh");

    private static final List<String> WIDTHS = List.of("128-bits", "256-bits", "512-bits");

    /** What stands in the names of reports of tests that ran kernels on the processor, without a GPU. */
    private static final String EMULATED = "emulated.xml";

    private final Map<String, Integer> testsOf = new TreeMap<>();
    private final Map<String, Row> rows = new TreeMap<>();
    private final Map<String, Integer> skippedBecause = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();
    private int tests;
    private int skipped;

    /** One line of the report. */
    private static final class Row {
        int ran;
        int skipped;
    }

    public static void main(String[] args) throws IOException, XMLStreamException {
        FileTime started = Files.getLastModifiedTime(Path.of(args[0]));
        TestReport report = new TestReport();
        List<String> missing = new ArrayList<>();
        for (String module : modules()) {
            List<Path> files = reports(module, started);
            for (Path file : files) {
                report.read(module, file);
            }
            missing.addAll(report.missing(module, files));
        }
        report.print(missing);
        System.exit(missing.isEmpty() && report.failures.isEmpty() ? 0 : 1);
    }

    /** Those of the build itself; a profile's come later in the file. */
    private static List<String> modules() throws IOException {
        return Files.readAllLines(Path.of("pom.xml")).stream()
                .map(String::strip)
                .takeWhile(line -> !line.equals("</modules>"))
                .filter(line -> line.startsWith("<module>"))
                .map(line -> line.replaceAll("</?module>", ""))
                .toList();
    }

    /** Reports of an earlier build are older, and do not count. */
    private static List<Path> reports(String module, FileTime started) throws IOException {
        Path folder = Path.of(module, "target", "surefire-reports");
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> entries = Files.list(folder)) {
                for (Path entry : entries.sorted().toList()) {
                    if (entry.getFileName().toString().matches("TEST-.*\\.xml")
                            && Files.getLastModifiedTime(entry).compareTo(started) >= 0) {
                        files.add(entry);
                    }
                }
            }
        }
        return files;
    }

    /** Emulated runs stand apart, so that nobody takes them for a GPU's. */
    private static String rowOf(String module, Path file) {
        boolean emulated = file.getFileName().toString().endsWith(EMULATED);
        return emulated ? module + " with CUDA emulated on the CPU, no GPU" : module;
    }

    private void read(String module, Path file) throws IOException, XMLStreamException {
        Row row = rows.computeIfAbsent(rowOf(module, file), name -> new Row());
        try (InputStream in = Files.newInputStream(file)) {
            XMLStreamReader xml = XMLInputFactory.newDefaultFactory().createXMLStreamReader(in);
            String test = "";
            while (xml.hasNext()) {
                if (xml.next() != XMLStreamConstants.START_ELEMENT) {
                    continue;
                }
                switch (xml.getLocalName()) {
                    case "testcase" -> {
                        test = xml.getAttributeValue(null, "classname") + "." + xml.getAttributeValue(null, "name");
                        tests++;
                        row.ran++;
                        testsOf.merge(module, 1, Integer::sum);
                    }
                    case "skipped" -> {
                        skipped++;
                        row.ran--;
                        row.skipped++;
                        skippedBecause.merge(reason(xml), 1, Integer::sum);
                    }
                    case "failure", "error" -> failures.add(test);
                    default -> {} // properties, output and flaky reruns are not counted
                }
            }
        }
    }

    /** Of a test that was skipped: the message, or where a whole class was skipped what it threw, up to the first period. */
    private static String reason(XMLStreamReader xml) throws XMLStreamException {
        String message = xml.getAttributeValue(null, "message");
        String text = message == null ? xml.getElementText().strip().replaceFirst("^[\\w.]+Exception: ", "") : message;
        String first = text.lines().findFirst().orElse("").split("\\. ", 2)[0];
        return first.isEmpty() ? "no reason given" : first;
    }

    private List<String> missing(String module, List<Path> files) {
        List<String> missing = new ArrayList<>();
        if (testsOf.getOrDefault(module, 0) == 0 && !UNTESTED.contains(module)) {
            missing.add("module " + module + " ran no test");
        } else if (module.equals("engine-cpu-vector")) {
            WIDTHS.stream()
                    .filter(width -> files.stream().noneMatch(file -> file.toString().endsWith("-" + width + ".xml")))
                    .forEach(width -> missing.add("module " + module + " ran no test at " + width));
        }
        return missing;
    }

    private void print(List<String> missing) {
        System.out.println();
        rows.forEach((name, row) -> System.out.printf(
                "%6d tests in %s%s%n", row.ran, name, row.skipped == 0 ? "" : ", " + row.skipped + " skipped"));
        skippedBecause.forEach((reason, count) -> System.out.printf("%6d skipped: %s%n", count, reason));
        failures.forEach(test -> System.out.println("failed: " + test));
        missing.forEach(what -> System.out.println("ci: " + what));
        System.out.printf(
                "%d passed, %d failed, %d skipped%n",
                tests - failures.size() - skipped, failures.size(), skipped);
    }
}
