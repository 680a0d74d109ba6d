package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunRecord;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Pages about two short runs of 200 images. */
class ReportTest {

    private static final Pattern SVG = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL);
    private static final int PLOTS = 12;

    @TempDir
    private static Path folder;

    private static Path sparse;
    private static Path dense;

    @TempDir
    private Path own;

    @BeforeAll
    static void train() throws IOException {
        TinyMnist.write(folder.resolve("data"));
        sparse = trained("sparse", "--sparsity", "0.8");
        dense = trained("dense", "--method", "fedavg");
    }

    private static Path trained(String name, String... options) {
        Path out = folder.resolve(name);
        List<String> args = new ArrayList<>(List.of("train", "--out", out.toString(), "--dataset", "mnist"));
        args.addAll(List.of("--data", folder.resolve("data").toString(), "--clients", "4", "--lr", "0.1"));
        args.addAll(List.of("--rounds", "3", "--epochs", "1", "--batch", "16", "--quiet"));
        args.addAll(Arrays.asList(options));
        Cli.Outcome outcome = Cli.run(args.toArray(String[]::new));
        assertThat(outcome.code()).as(outcome.err()).isZero();
        return out;
    }

    /** A copy of a run, to be spoilt. */
    private Path copy(Path run, String name) throws IOException {
        Path copy = Files.createDirectories(own.resolve(name));
        for (String file : List.of("config.yaml", "manifest.json", "metrics.jsonl", "result.json")) {
            Files.copy(run.resolve(file), copy.resolve(file));
        }
        return copy;
    }

    private static String page(Path run) throws IOException {
        return Files.readString(run.resolve("report.html"));
    }

    @Test
    void trainingLeavesAPageWithAPictureOfEachPlot() throws IOException {
        String page = page(sparse);

        assertThat(page).contains("<h1>fedsparsify-global on mnist</h1>", "Accuracy by round", "Labels of the clients");
        assertThat(page.split("<figure>", -1)).hasSize(PLOTS + 1);
        try (Stream<Path> plots = Files.list(sparse.resolve("plots"))) {
            List<Path> pictures = plots.toList();
            assertThat(pictures).hasSize(PLOTS);
            for (Path picture : pictures) {
                assertThat(ImageIO.read(picture.toFile()).getWidth()).isEqualTo(1440);
                assertThat(Files.size(picture)).isLessThan(300_000);
            }
        }
        assertThat(Files.readAllLines(sparse.resolve("metrics.csv"))).hasSize(4);
        assertThat(sparse.resolve("events.out.tfevents.gossamer")).isNotEmptyFile();
    }

    @Test
    void curvesAreTheNumbersOfTheRun() throws Exception {
        List<RoundMetrics> rounds = RunRecord.of(sparse).rounds();
        Element wide = svgs(page(sparse)).getFirst();
        Element points = byClass(wide, "desc", "points").getFirst();

        String[] values = points.getAttribute("data-points").split(" ", -1);
        assertThat(values).hasSize(3);
        for (int i = 0; i < 3; i++) {
            String[] parts = values[i].split(",", -1);
            assertThat(parts[0]).isEqualTo(String.valueOf(rounds.get(i).round()));
            assertThat(Double.parseDouble(parts[1])).isEqualTo(rounds.get(i).accuracy());
        }
        assertThat(wide.getAttribute("data-x")).isEqualTo("round");
    }

    @Test
    void everyPlotIsThereForScreensAndForPhonesAndHasAName() throws Exception {
        List<Element> svgs = svgs(page(sparse));

        assertThat(svgs).hasSize(2 * PLOTS);
        for (int i = 0; i < svgs.size(); i++) {
            Element svg = svgs.get(i);
            assertThat(svg.getAttribute("class")).isEqualTo(i % 2 == 0 ? "plot wide" : "plot narrow");
            assertThat(svg.getAttribute("viewBox")).startsWith(i % 2 == 0 ? "0 0 720 " : "0 0 360 ");
            assertThat(svg.getAttribute("aria-label")).isNotBlank();
            int drawn = svg.getElementsByTagName("polyline").getLength()
                    + svg.getElementsByTagName("rect").getLength();
            assertThat(drawn).as(svg.getAttribute("aria-label")).isGreaterThan(3);
        }
    }

    @Test
    void labelsAreThoseOfTheClients() throws Exception {
        Element svg = svgs(page(sparse)).getLast();
        List<Integer> first = RunRecord.of(sparse).labels().getFirst();

        assertThat(byClass(svg, "g", "cell"))
                .extracting(cell -> cell.getAttribute("data-tip"))
                .contains("class 0, client 0: " + first.getFirst(), "class 9, client 0: " + first.getLast())
                .hasSize(4 * 10);
    }

    @Test
    void thePageNeedsNothingButItselfAndRunsNoScriptButItsOwn() throws Exception {
        String page = page(sparse);

        assertThat(page).doesNotContain("src=", "href=", "url(", "@import", "https:", "onload", "onerror");
        assertThat(page.replace("http://www.w3.org/2000/svg", "")).doesNotContain("http:");
        assertThat(page).containsOnlyOnce("<script>").containsOnlyOnce("</script>");
        for (String element : List.of("script", "style")) {
            Matcher content = Pattern.compile("<" + element + ">(.*?)</" + element + ">", Pattern.DOTALL)
                    .matcher(page);
            assertThat(content.find()).isTrue();
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(content.group(1).getBytes(StandardCharsets.UTF_8));
            assertThat(page)
                    .contains(element + "-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "'");
        }
        assertThat(page).contains("default-src 'none'");
    }

    @Test
    void whatARunIsCalledIsTextAndNothingElse() throws Exception {
        String evil = "\"'><script>document.title='broken'</script><img src=x onerror=alert(1)>";
        Path run = copy(sparse, "<b onclick=alert(1)>&amp;");
        Path manifest = run.resolve("manifest.json");
        String json = Files.readString(manifest);
        String escaped = evil.replace("\"", "\\\"");
        Files.writeString(
                manifest,
                json.replaceFirst("\"cpu\" : \"[^\"]*\"", "\"cpu\" : \"" + Matcher.quoteReplacement(escaped) + "\""));
        Path metrics = run.resolve("metrics.jsonl");
        Files.writeString(metrics, Files.readString(metrics).replace("fc1.weight", escaped));

        assertThat(Cli.run("report", run.toString()).code()).isZero();
        String page = page(run);
        assertThat(page).containsOnlyOnce("<script>").doesNotContain("<img", "<b ");
        assertThat(page).contains("&lt;script&gt;document.title=&#39;broken&#39;&lt;/script&gt;");
        Element layers = svgs(page).stream()
                .filter(svg -> svg.getAttribute("aria-label").equals("Density of layers"))
                .findFirst()
                .orElseThrow();
        assertThat(byClass(layers, "g", "cell"))
                .anyMatch(cell -> cell.getAttribute("data-tip").startsWith(evil + ", round 1: "));

        Path compared = own.resolve("compared.html");
        assertThat(Cli.run("compare", run.toString(), dense.toString(), "--out", compared.toString())
                        .code())
                .isZero();
        assertThat(Files.readString(compared))
                .containsOnlyOnce("<script>")
                .doesNotContain("<img", "<b ")
                .contains("&lt;b onclick=alert(1)&gt;&amp;amp;");
    }

    @Test
    void theSamePageIsMadeAgainFromTheFilesOfTheRun() throws IOException {
        Path run = copy(sparse, "again");
        Cli.Outcome outcome = Cli.run("report", run.toString());

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out()).isEqualTo(run.resolve("report.html") + System.lineSeparator());
        assertThat(page(run)).contains("Every round in numbers");
        assertThat(run.resolve("metrics.csv")).hasSameBinaryContentAs(sparse.resolve("metrics.csv"));
        assertThat(run.resolve("plots/accuracy.png")).hasSameBinaryContentAs(sparse.resolve("plots/accuracy.png"));
    }

    /** Its own process has them open. */
    @Test
    void theTablesOfARunThatGoesOnAreLeftToIt() throws IOException {
        Path run = copy(sparse, "goes-on");
        Files.writeString(run.resolve("metrics.csv"), "open");
        try (RunDirectory held = RunDirectory.resume(run)) {
            Cli.Outcome outcome = Cli.run("report", held.path().toString());
            assertThat(outcome.code()).as(outcome.err()).isZero();
            assertThat(outcome.err()).contains("keeps its tables itself");
        }
        assertThat(run.resolve("metrics.csv")).hasContent("open");
        assertThat(Cli.run("report", run.toString()).code()).isZero();
        assertThat(run.resolve("metrics.csv")).hasSameBinaryContentAs(sparse.resolve("metrics.csv"));
    }

    @Test
    void aRunThatHasNotEndedIsReportedAsFarAsItGot() throws IOException {
        Path run = copy(sparse, "stopped");
        Files.delete(run.resolve("result.json"));
        List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
        Files.writeString(run.resolve("metrics.jsonl"), lines.get(0) + "\n" + lines.get(1) + "\n{\"round\":3,");

        assertThat(Cli.run("report", run.toString()).code()).isZero();
        assertThat(page(run)).contains("not at its end: 2 of 3 rounds");

        Files.writeString(run.resolve("metrics.jsonl"), "");
        Cli.Outcome outcome = Cli.run("report", run.toString());
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("has no round yet", "gossamer resume");
        assertThat(Cli.run("report", own.toString()).code()).isEqualTo(2);
    }

    @Test
    void aComparisonTellsWhatDiffersAndOnlyThat() throws Exception {
        Path file = own.resolve("both.html");
        Cli.Outcome outcome = Cli.run("compare", sparse.toString(), dense.toString(), "--out", file.toString());

        assertThat(outcome.code()).as(outcome.err()).isZero();
        String page = Files.readString(file);
        String differing = page.substring(page.indexOf("Settings that differ"), page.indexOf("<figure>"));
        assertThat(differing).contains("<th scope=\"row\">method</th><td>fedsparsify-global</td><td>fedavg</td>");
        assertThat(differing).contains("<th scope=\"row\">sparsity</th><td>0.8</td><td>\u2013</td>");
        assertThat(differing).doesNotContain("dataset", "rounds");
        List<Element> curves = byClass(svgs(page).getFirst(), "desc", "points");
        assertThat(curves).extracting(curve -> curve.getAttribute("data-name")).containsExactly("sparse", "dense");
        assertThat(own.resolve("both-plots/accuracy-by-traffic.png")).isNotEmptyFile();
    }

    @Test
    void runsOfOneNameAreCalledByTheirPaths() throws Exception {
        Path one = copy(sparse, "a/run");
        Path two = copy(dense, "b/run");
        Path file = own.resolve("named.html");
        Cli.run("compare", one.toString(), two.toString(), "--out", file.toString());

        assertThat(byClass(svgs(Files.readString(file)).getFirst(), "desc", "points"))
                .extracting(curve -> curve.getAttribute("data-name"))
                .containsExactly(one.toString(), two.toString());
    }

    @Test
    void anEarlierComparisonIsReplacedAndNothingElse() throws IOException {
        Path file = own.resolve("page.html");
        Cli.run("compare", sparse.toString(), "--out", file.toString());
        assertThat(Cli.run("compare", sparse.toString(), dense.toString(), "--out", file.toString())
                        .code())
                .isZero();
        assertThat(Files.readString(file)).contains("Comparison of 2 runs");

        byte[] words = {'a', (byte) 0xff, 'b'};
        Files.write(file, words);
        Cli.Outcome outcome = Cli.run("compare", sparse.toString(), "--out", file.toString());
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("--out is " + file, "no comparison");
        assertThat(file).hasBinaryContent(words);
    }

    @Test
    void wrongPlacesAreRefused() {
        assertThat(Cli.run(
                                "compare",
                                sparse.toString(),
                                "--out",
                                own.resolve("no/such.html").toString())
                        .err())
                .contains("--out", "a folder that exists");
        Cli.Outcome outcome = Cli.run(
                "compare", own.toString(), "--out", own.resolve("x.html").toString());
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(own.toString());
        assertThat(Cli.run("compare").code()).isEqualTo(2);
    }

    private static List<Element> svgs(String page) throws Exception {
        List<Element> svgs = new ArrayList<>();
        for (Matcher svg = SVG.matcher(page); svg.find(); ) {
            svgs.add(DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(svg.group())))
                    .getDocumentElement());
        }
        return svgs;
    }

    private static List<Element> byClass(Element in, String tag, String name) {
        NodeList all = in.getElementsByTagName(tag);
        List<Element> found = new ArrayList<>();
        for (int i = 0; i < all.getLength(); i++) {
            if (all.item(i) instanceof Element element
                    && element.getAttribute("class").equals(name)) {
                found.add(element);
            }
        }
        return found;
    }
}
