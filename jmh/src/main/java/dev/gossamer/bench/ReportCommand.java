package dev.gossamer.bench;

import dev.gossamer.bench.results.Report;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench report}. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = {
            "Makes an HTML page with plots of all files of results in a folder:",
            "GF/s over density with the density where dense takes over, and a roofline with every operation on it."
        },
        footer = {"", "Example: gossamer bench report results"})
final class ReportCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "DIR", description = "Folder with what --json or -rf json wrote.")
    private Path folder = Path.of("");

    @Option(names = "--out", paramLabel = "FILE", description = "Default: DIR/report.html")
    private @Nullable Path out;

    @Override
    public Integer call() {
        Path page = out == null ? folder.resolve("report.html") : out;
        Report.write(folder, page);
        System.out.println(page);
        return 0;
    }
}
