package dev.gossamer.app;

import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --data}, for commands about data sets. */
final class DataOption {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of data sets; default: $GOSSAMER_DATA, then a cache folder of yours.")
    private @Nullable String data;

    /** The option as it was given, for a command that goes on; nothing if it was not. */
    List<String> given() {
        return data == null ? List.of() : List.of("--data", data);
    }

    Path folder() {
        return data == null ? DataFolder.standard() : checked(data);
    }

    /** It need not be there: what is embedded takes none. */
    private static Path checked(String given) {
        Path folder = given.isBlank() ? null : Path.of(given);
        if (folder == null || (Files.exists(folder) && !Files.isDirectory(folder))) {
            throw new UsageException("--data is " + (folder == null ? "empty" : given + ", which is a file")
                    + "; give the folder that has the data sets");
        }
        return folder;
    }

    /** A folder of this machine: the one that is named, or the site's copy of what an address names. */
    Path folder(@Nullable Site site, ExperimentConfig config) {
        return site == null
                ? folder()
                : site.folder(data == null ? DataFolder.standard().toString() : data, config.dataset());
    }
}
