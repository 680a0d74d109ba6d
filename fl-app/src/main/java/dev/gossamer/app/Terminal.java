package dev.gossamer.app;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** What standard error leads to. */
final class Terminal {

    private static final int STANDARD_ERROR = 2;

    private static final int USUAL_WIDTH = 80;

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

    /**
     * Columns of the terminal that this process belongs to; 80 if it does not say. The progress bar's own way to find out
     * takes over the signals, and Ctrl-C would then end the JVM before its hooks have run.
     */
    static int width() {
        String columns = System.getenv("COLUMNS");
        String[] size = columns == null ? sttySize() : new String[] {"", columns};
        try {
            int width = size.length == 2 ? Integer.parseInt(size[1]) : 0;
            return width > 0 ? width : USUAL_WIDTH;
        } catch (NumberFormatException e) {
            return USUAL_WIDTH;
        }
    }

    /** Rows and columns, or something else. */
    private static String[] sttySize() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return answer.strip().split(" ", -1);
        } catch (IOException e) {
            return new String[0]; // no such program, or no terminal
        }
    }
}
