package dev.gossamer.app;

import dev.gossamer.engine.BackendSelectionException;
import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.run.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what a command throws into an exit code and a message; stack traces only for those who ask. */
final class Failures implements IExecutionExceptionHandler {

    @Override
    public int handleExecutionException(Exception failure, CommandLine line, ParseResult arguments) {
        boolean users = isTheUsersToPutRight(failure);
        boolean verbose = line.getParseResult().hasMatchedOption(Output.VERBOSE);
        PrintWriter err = line.getErr();
        err.println("gossamer: " + (users ? failure.getMessage() : describe(failure)));
        if (verbose) {
            failure.printStackTrace(err);
        } else if (!users) {
            err.println("Run it again with " + Output.VERBOSE + " to see where it happened.");
        }
        err.flush();
        return users ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }

    /**
     * Answers a line that is not typed as its command wants it: with what is wrong, and where the rest is to be read. The whole
     * help of a command is longer than a screen, and what is wrong would be above it; a command that only has others below it
     * shows them.
     */
    static int mistyped(ParameterException mistake, String... arguments) {
        CommandLine line = mistake.getCommandLine();
        PrintWriter err = line.getErr();
        err.println("gossamer: " + mistake.getMessage());
        if (!UnmatchedArgumentException.printSuggestions(mistake, err)) {
            if (!line.getSubcommands().isEmpty()
                    && line.getCommandSpec().positionalParameters().isEmpty()) {
                line.usage(err);
            } else {
                err.println(line.getCommandSpec().qualifiedName() + " --help tells how it is typed.");
            }
        }
        err.flush();
        return ExitCode.USAGE;
    }

    static boolean isTheUsersToPutRight(Throwable failure) {
        return failure instanceof UsageException
                || failure instanceof ConfigException
                || failure instanceof DataException
                || failure instanceof BackendSelectionException;
    }

    /** Many exceptions of the platform have no message, or one that means nothing without their name. */
    private static String describe(Exception failure) {
        if (failure instanceof IOException || failure instanceof UncheckedIOException) {
            return FileReason.of(failure);
        }
        String message = failure.getMessage();
        if (message != null && failure.getClass().getName().startsWith("dev.gossamer.")) {
            return message;
        }
        return failure.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }
}
