package dev.gossamer.app;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Runs the command in this JVM and keeps what it said. */
final class Cli {

    private Cli() {}

    /**
     * What a command left.
     *
     * @param code exit code
     * @param out standard output
     * @param err standard error, without what loggers write there
     */
    record Outcome(int code, String out, String err) {}

    static Outcome run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), args);
        return new Outcome(code, out.toString(), err.toString());
    }
}
