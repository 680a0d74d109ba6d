package dev.gossamer.bench;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --backend}, as the whole command line has it. */
final class BackendOption {

    @Option(names = "--backend", paramLabel = "NAME", description = "The engine; wins over -Dgossamer.backend=NAME.")
    private @Nullable String name;

    /** What was given, for another process. */
    List<String> again() {
        return name == null ? List.of() : List.of("--backend", name);
    }

    Backends.Choice open() {
        return Backends.open(name, BackendOptions.defaults());
    }
}
