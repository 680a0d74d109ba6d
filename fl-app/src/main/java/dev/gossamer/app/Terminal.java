package dev.gossamer.app;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;

/** What standard error leads to. */
final class Terminal {

    private static final int STANDARD_ERROR = 2;

    private Terminal() {}

    /**
     * Whether standard error is a terminal that can redraw a line. {@link System#console()} answers for standard input and
     * output alone, and the results on standard output often go to a file.
     */
    static boolean redrawsStandardError() {
        return !"dumb".equals(System.getenv("TERM")) && standardErrorIsTerminal();
    }

    @SuppressWarnings("restricted") // one C function without pointers
    private static boolean standardErrorIsTerminal() {
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> isatty = linker.defaultLookup().find(windows ? "_isatty" : "isatty");
        if (isatty.isEmpty()) {
            return false;
        }
        FunctionDescriptor signature = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        try {
            return (int) linker.downcallHandle(isatty.get(), signature).invokeExact(STANDARD_ERROR) != 0;
        } catch (Throwable e) {
            throw new IllegalStateException("isatty throws nothing", e);
        }
    }
}
