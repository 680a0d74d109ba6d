package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class FailuresTest {

    private static final String HINT = "Run it again with --verbose to see where it happened.";

    @Command(name = "fail")
    static final class Failing implements Callable<Integer> {

        private final Exception why;

        @Mixin
        private Output output = new Output();

        Failing(Exception why) {
            this.why = why;
        }

        @Override
        public Integer call() throws Exception {
            output.apply();
            throw why;
        }
    }

    private static void assertSays(Exception failure, String line) {
        StringWriter err = new StringWriter();
        int code = new CommandLine(new Failing(failure))
                .setErr(new PrintWriter(err))
                .setExecutionExceptionHandler(new Failures())
                .execute();

        assertThat(code).isEqualTo(1);
        assertThat(err.toString().lines()).containsExactly("gossamer: " + line, HINT);
    }

    @Test
    void filesAreNamedWithoutTheClassThatCarriesTheMessage() {
        IOException full = new IOException("No space left on device");
        assertSays(
                new UncheckedIOException("t.json: cannot be written: No space left on device", full),
                "t.json: cannot be written: No space left on device");
        assertSays(new UncheckedIOException(full), "No space left on device");
        assertSays(new AccessDeniedException("t.json"), "t.json: permission denied");
    }

    @Test
    void whatThePlatformThrowsComesWithItsClass() {
        assertSays(new ArithmeticException("/ by zero"), "ArithmeticException: / by zero");
        assertSays(new IllegalStateException(), "IllegalStateException");
    }
}
