package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JmhCommandTest {

    @ParameterizedTest
    @ValueSource(strings = {"ops Spam", "steps Spam", "Spam"})
    void aNameThatNoBenchmarkHasIsALine(String arguments) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        int code;
        try {
            code = Main.run(arguments.split(" "));
        } finally {
            System.setErr(before);
        }

        assertThat(code).isEqualTo(2);
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .endsWith("benchmarks: no benchmark matches Spam; -l lists them all" + System.lineSeparator())
                .doesNotContain("\tat ");
    }
}
