package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JmhCommandTest {

    @TempDir
    Path folder;

    /** A comparison would take an empty file for one without anything that is slower. */
    @Test
    void whatCannotRunIsAFailureAndLeavesTheFileOfBefore() throws IOException {
        Path json = Files.writeString(folder.resolve("old.json"), "[1]");
        int code = Main.run(
                "ops",
                "SpmmBenchmark.engine$",
                "-p",
                "backend=reference",
                "-p",
                "shape=64x64",
                "-p",
                "density=0.1",
                "-p",
                "format=nonsense",
                "-p",
                "batch=8",
                "-f",
                "0",
                "-wi",
                "0",
                "-i",
                "1",
                "-r",
                "1ms",
                "--json",
                json.toString());

        assertThat(code).isNotZero();
        assertThat(json).hasContent("[1]");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(json);
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsRefusedFirst() {
        String nowhere = folder.resolve("none").resolve("new.json").toString();
        assertThat(Main.run("quick", "--sizes", "tiny", "--json", nowhere)).isEqualTo(2);
        assertThat(Main.run("ops", "Spmm", "--json", nowhere)).isEqualTo(2);
        assertThat(Main.run("federated", "--json", nowhere)).isEqualTo(2);
        assertThat(Main.run("methods", "--json", nowhere)).isEqualTo(2);
        assertThat(Main.run("serving", "--json", nowhere)).isEqualTo(2);
    }

    @Test
    void filesWithNothingInCommonAreNoComparison() throws IOException {
        Path none = Files.writeString(folder.resolve("none.json"), "[]");
        assertThat(Main.run("compare", none.toString(), none.toString())).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ops Spam", "steps Spam", "Spam"})
    void aNameThatNoBenchmarkHasIsALine(String arguments) {
        assertThat(refusal(arguments))
                .endsWith("benchmarks: no benchmark matches Spam; -l lists them all" + System.lineSeparator())
                .doesNotContain("\tat ");
    }

    /** JMH would pass over it and measure everything. */
    @ParameterizedTest
    @ValueSource(strings = {"ops Spmm -p densty=0.1", "ops GemmBenchmark -p backend=reference -p density=0.1"})
    void aParameterThatTheyDoNotHaveIsRefused(String arguments) {
        assertThat(refusal(arguments))
                .contains("none of these benchmarks has a parameter dens", "theirs are backend, ")
                .doesNotContain("\tat ");
    }

    private static String refusal(String arguments) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            assertThat(Main.run(arguments.split(" "))).isEqualTo(2);
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
