package dev.gossamer.cuda.device;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.Locale;

/** The driver's library, for what JCuda 12.6 lacks of it. It is loaded already, so that its name finds it. */
final class DriverLibrary {

    private DriverLibrary() {}

    @SuppressWarnings("restricted")
    static SymbolLookup functions(Arena arena) {
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        return SymbolLookup.libraryLookup(windows ? "nvcuda.dll" : "libcuda.so.1", arena);
    }
}
