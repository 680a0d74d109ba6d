package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A browser opens a report; skipped where there is none. {@code GOSSAMER_BROWSER} names one that is not on the path. */
class BrowserTest {

    private static final List<String> NAMES =
            List.of("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

    @TempDir
    private Path folder;

    @Test
    void thePagesScriptRunsAndNoOtherDoes() throws Exception {
        Optional<Path> browser = browser();
        assumeTrue(browser.isPresent(), "no Chromium on the path, and GOSSAMER_BROWSER names none");
        TinyMnist.write(folder.resolve("data"));
        Path run = folder.resolve("run");
        Cli.Outcome trained = Cli.run(
                "train",
                "--out",
                run.toString(),
                "--dataset",
                "mnist",
                "--data",
                folder.resolve("data").toString(),
                "--clients",
                "2",
                "--rounds",
                "2",
                "--epochs",
                "1",
                "--lr",
                "0.1",
                "--quiet");
        assertThat(trained.code()).as(trained.err()).isZero();
        Path manifest = run.resolve("manifest.json");
        String evil = "<script>document.documentElement.dataset.broken='true'</script>";
        Files.writeString(manifest, Files.readString(manifest).replace("\"cpu\" : \"", "\"cpu\" : \"" + evil));
        assertThat(Cli.run("report", run.toString()).code()).isZero();

        String dom = dom(browser.get(), run.resolve("report.html"));
        assertThat(dom)
                .contains("data-ready=\"true\"", "aria-pressed=\"true\"", "class=\"cursor\"")
                .contains("&lt;script&gt;document")
                .doesNotContain("data-broken");
        // The same script outside of text: the page's policy has to stop it.
        Path forged = Files.writeString(
                folder.resolve("forged.html"),
                Files.readString(run.resolve("report.html")).replace("<main>", "<main>" + evil));
        assertThat(dom(browser.get(), forged)).contains("data-ready=\"true\"").doesNotContain("data-broken");
    }

    private static Optional<Path> browser() {
        String named = System.getenv("GOSSAMER_BROWSER");
        if (named != null) {
            return Optional.of(Path.of(named));
        }
        return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator, -1))
                .flatMap(place -> NAMES.stream().map(name -> Path.of(place).resolve(name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** What the page has become after its scripts have run. */
    private String dom(Path browser, Path page) throws IOException, InterruptedException {
        Path out = folder.resolve("dom.html");
        Process process = new ProcessBuilder(
                        browser.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "--dump-dom",
                        page.toUri().toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return Files.readString(out, StandardCharsets.UTF_8);
    }
}
