package dev.gossamer.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** How much is said on standard error. */
final class Output {

    static final String VERBOSE = "--verbose";

    private static final String LEVEL = "gossamer.log.level";

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

    /**
     * Sets the level of Gossamer's own loggers. A level given by the property gossamer.log.level stays.
     *
     * @throws UsageException if that is no level, of which the logger would make DEBUG
     */
    void apply() {
        String given = System.getProperty(LEVEL);
        if (given != null && Level.toLevel(given, null) == null) {
            throw new UsageException(
                    LEVEL + " is '" + given + "', but must be one of TRACE, DEBUG, INFO, WARN, ERROR, OFF");
        }
        if (given == null && LoggerFactory.getLogger("dev.gossamer") instanceof Logger logger) {
            logger.setLevel(verbose ? Level.DEBUG : quiet ? Level.WARN : Level.INFO);
        }
    }
}
