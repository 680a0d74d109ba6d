package dev.gossamer.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --data}, for commands about data sets. */
final class DataOption {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of data sets; default: $GOSSAMER_DATA, then a cache folder of yours.")
    private @Nullable Path data;

    Path folder() {
        return data == null ? DataFolder.standard() : data;
    }
}
