package dev.gossamer.bench.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.bench.results.Measured.Interval;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ReportTest {

    @TempDir
    private Path folder;

    private static String spmm(String format, double density, double gflops) {
        return """
                {"benchmark": "dev.gossamer.bench.SpmmBenchmark.engine", "mode": "avgt",
                 "params": {"backend": "cpu", "shape": "8x8", "batch": "32", "format": "%s", "density": "%s"},
                 "primaryMetric": {"score": 10.0, "scoreError": 0.5, "scoreUnit": "us/op"},
                 "secondaryMetrics": {"GF/s": {"score": %s}, "GB/s": {"score": 5.0}}}""".formatted(format, density, gflops);
    }

    private void jmh() throws IOException {
        List<String> results = new ArrayList<>();
        for (double density : new double[] {0.01, 0.1, 0.4}) {
            results.add(spmm("csr", density, 50));
            results.add(spmm("dense", density, 200 * density));
        }
        Files.writeString(folder.resolve("ops.json"), results.toString());
    }

    private void quick() {
        Interval sure = new Interval(1, 1);
        ResultFile.write(
                folder.resolve("quick.json"),
                List.of(
                        new Measured(Row.alone("limit: multiply-add, 1 thread", 100, "GF/s", null), sure, null, null),
                        new Measured(Row.alone("limit: read L1, 1 thread", 200, "GB/s", null), sure, null, null),
                        new Measured(Row.alone("spmv <&'\"> cell", 3, "GF/s", null), sure, null, 0.25)),
                Map.of("cpu", "Z80 <fast>"));
    }

    private Document page() throws Exception {
        Path page = folder.resolve("report.html");
        Report.write(folder, page);
        String html = Files.readString(page);
        assertThat(html).startsWith("<!DOCTYPE html>").doesNotContain("http:", "https:", "<script", "src=");
        // The page is written so that it is XML too, but for two tags without end; so a tag out of place is found.
        String xml = html.replace("<!DOCTYPE html>", "").replace("<meta charset='utf-8'>", "");
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }

    @Test
    void showsRatesOverDensityAndRoofline() throws Exception {
        jmh();
        quick();
        Document page = page();
        assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(2);
        String text = page.getDocumentElement().getTextContent();
        assertThat(text).contains("Spmm, backend cpu, batch 32, shape 8x8", "engine csr", "engine dense");
        assertThat(text).as("50 GF/s against 200·density").contains("dense takes over at 0.250");
        assertThat(text).contains("multiply-add 100 GF/s", "L1 200 GB/s", "Z80 <fast>", "spmv <&'\"> cell");
        // Six of the sparse product in each plot, and the row in the roofline.
        assertThat(page.getElementsByTagName("circle").getLength()).isEqualTo(13);
    }

    @Test
    void roofsAreThoseOfOneThread() throws Exception {
        jmh();
        Files.writeString(folder.resolve("roofs.json"), "[" + fma(1, 90) + "," + fma(16, 1440) + "]");
        assertThat(page().getDocumentElement().getTextContent())
                .contains("multiply-add 90 GF/s")
                .doesNotContain("multiply-add 1440 GF/s");
    }

    private static String fma(int threads, double gflops) {
        return """
                {"benchmark": "dev.gossamer.bench.roofline.RooflineBenchmark.fma", "mode": "avgt", "threads": %d,
                 "primaryMetric": {"score": 10.0, "scoreError": 0.5, "scoreUnit": "us/op"},
                 "secondaryMetrics": {"GF/s": {"score": %s}}}""".formatted(threads, gflops);
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        quick();
        assertThat(page().getDocumentElement().getTextContent()).contains("at two densities");
        Files.delete(folder.resolve("quick.json"));
        jmh();
        assertThat(page().getDocumentElement().getTextContent()).contains("No limits");
    }

    @Test
    void refusesFoldersWithoutResults() throws IOException {
        assertThatThrownBy(() -> Report.write(folder, folder.resolve("report.html")))
                .isInstanceOf(ResultException.class)
                .hasMessageContaining("--json");
        assertThatThrownBy(() -> Report.write(folder.resolve("absent"), folder.resolve("report.html")))
                .isInstanceOf(ResultException.class)
                .hasMessageContaining("absent");
        Files.writeString(folder.resolve("other.json"), "{}");
        assertThatThrownBy(() -> Report.write(folder, folder.resolve("report.html")))
                .isInstanceOf(ResultException.class)
                .hasMessageContaining("other.json");
    }

    @Test
    void crossoverIsWhereRatesMeet() {
        TreeMap<Double, Double> sparse = new TreeMap<>(Map.of(0.01, 50.0, 0.1, 50.0, 0.4, 50.0));
        Map<Double, Double> dense = Map.of(0.01, 2.0, 0.1, 20.0, 0.4, 80.0);
        assertThat(Crossover.of(sparse, dense).orElseThrow()).isCloseTo(0.25, within(1e-9));
        assertThat(Crossover.of(sparse, Map.of(0.01, 1.0, 0.1, 1.0))).isEmpty();
        assertThat(Crossover.of(sparse, Map.of(0.01, 60.0, 0.1, 1.0))).isEmpty();
        assertThat(Crossover.of(new TreeMap<>(), dense)).isEmpty();
    }
}
