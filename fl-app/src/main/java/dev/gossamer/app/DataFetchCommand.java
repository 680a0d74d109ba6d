package dev.gossamer.app;

import dev.gossamer.fl.fetch.Downloader;
import dev.gossamer.fl.fetch.Fetcher;
import dev.gossamer.fl.fetch.PublishedData;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Downloads data sets, checks and unpacks them. */
@Command(
        name = "fetch",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Downloads data sets from their publishers, checks them against the published checksums, and unpacks them.",
            "A broken download goes on where it broke when the command is run again."
        },
        footer = {"", "Example: gossamer data fetch fashion-mnist cifar10"})
final class DataFetchCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "1..*",
            paramLabel = "NAME",
            completionCandidates = Names.DataSet.class,
            description = "The data sets; gossamer data list has the names.")
    private List<String> names = List.of();

    @Option(
            names = "--from",
            paramLabel = "URL",
            description = "A mirror that has files of the published names; default: the publishers' own addresses.")
    private @Nullable URI from;

    @Mixin
    private DataOption data = new DataOption();

    @Mixin
    private Output output = new Output();

    @Override
    public void run() {
        output.apply();
        if (from != null && !List.of("http", "https").contains(String.valueOf(from.getScheme()))) {
            throw new UsageException(
                    "--from is " + from + ", but must be an address that starts with https:// or http://");
        }
        List<PublishedData> sets =
                names.stream().map(DataFetchCommand::published).toList();
        Path folder = data.folder();
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (Downloader downloader = new Downloader();
                DownloadProgress progress = DownloadProgress.of(output.quiet(), Terminal.redrawsStandardError(), err)) {
            Fetcher fetcher = new Fetcher(folder, from, downloader, progress);
            for (PublishedData set : sets) {
                boolean fetched = fetcher.fetch(set);
                progress.pause();
                out.println(
                        set.name() + (fetched ? ": fetched into " : ": is already in ") + folder.resolve(set.name()));
                out.flush();
            }
        }
    }

    private static PublishedData published(String name) {
        return PublishedData.named(DataCommand.known(name))
                .orElseThrow(() -> new UsageException("Data set " + name + " is embedded, there is nothing to fetch"));
    }
}
