package dev.gossamer.app;

import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.Site;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --data}, for commands about data sets. */
final class DataOption {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of data sets; default: $GOSSAMER_DATA, then a cache folder of yours.")
    private @Nullable String data;

    Path folder() {
        return data == null ? DataFolder.standard() : Path.of(data);
    }

    /** A folder of this machine: the one that is named, or the site's copy of what an address names. */
    Path folder(@Nullable Site site, ExperimentConfig config) {
        return site == null
                ? folder()
                : site.folder(data == null ? DataFolder.standard().toString() : data, config.dataset());
    }
}
