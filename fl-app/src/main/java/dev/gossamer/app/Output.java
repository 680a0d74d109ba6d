package dev.gossamer.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** How much is said on standard error. */
final class Output {

    static final String VERBOSE = "--verbose";

    @Option(
            names = {"-v", VERBOSE},
            description = "Say more, and show stack traces.")
    private boolean verbose;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress, no information: warnings and errors only.")
    private boolean quiet;

    boolean quiet() {
        return quiet;
    }

    /** Sets the level of Gossamer's own loggers. A level given by the property gossamer.log.level stays. */
    void apply() {
        if (LoggerFactory.getLogger("dev.gossamer") instanceof Logger logger
                && System.getProperty("gossamer.log.level") == null) {
            logger.setLevel(verbose ? Level.DEBUG : quiet ? Level.WARN : Level.INFO);
        }
    }
}
