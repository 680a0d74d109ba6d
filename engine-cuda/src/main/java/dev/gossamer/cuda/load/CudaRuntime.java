package dev.gossamer.cuda.load;

import dev.gossamer.cuda.load.LibraryStatus.Missing;
import dev.gossamer.cuda.load.LibraryStatus.Usable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What CUDA has on this machine, loaded: JCuda's driver API for sure, each library of the toolkit or why not. Error codes of
 * JCuda are left unchecked ({@code setExceptionsEnabled} is never called): every call is checked where it is made.
 *
 * @param driverVersion the newest CUDA that the driver knows, as 1000 * major + 10 * minor
 * @param devices the GPUs, at least one
 * @param libraries each library's status
 */
public record CudaRuntime(int driverVersion, List<GpuDevice> devices, Map<CudaLibrary, LibraryStatus> libraries) {

    public CudaRuntime {
        devices = List.copyOf(devices);
        libraries = Map.copyOf(libraries);
    }

    /** The library's status. */
    public LibraryStatus status(CudaLibrary library) {
        return Objects.requireNonNull(libraries.get(library));
    }

    /** Why the library is missing, as a clause; empty when it is loaded. */
    public Optional<String> whyMissing(CudaLibrary library) {
        return status(library) instanceof Missing(var why) ? Optional.of(why.reason()) : Optional.empty();
    }

    /** Why the library is missing and what to do about it, as sentences; null when it is loaded. */
    public @Nullable String missing(CudaLibrary library) {
        return status(library) instanceof Missing(var why) ? why.reason() + ". " + why.remedy() : null;
    }

    /** A line on the driver and on each library, for people. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        lines.add("driver for CUDA " + Driver.text(driverVersion));
        for (CudaLibrary library : CudaLibrary.values()) {
            lines.add(
                    switch (status(library)) {
                        case Usable usable ->
                            library.title() + " " + usable.version() + ": " + usable.file() + " (" + usable.origin()
                                    + (usable.retargeted() ? "; JCuda retargeted to it" : "") + ")";
                        case Missing missing ->
                            missing.why().reason() + ". " + missing.why().remedy();
                    });
        }
        return lines;
    }
}
