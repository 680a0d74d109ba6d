package dev.gossamer.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenTest {

    /** Of the script "x". */
    private static final String HEADER = """
            torch 2.0
            seed 7
            script make.py
            sha256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881

            """;

    @ParameterizedTest
    @FieldSource("dev.gossamer.testkit.Golden#NAMES")
    void everyFileIsOfTheScriptThatIsThere(String name) {
        Golden golden = Golden.read(name);

        assertThat(golden.keys("parameter."))
                .isNotEmpty()
                .isEqualTo(golden.keys("mask."))
                .isEqualTo(golden.keys("dense.trained."))
                .isEqualTo(golden.keys("sparse.trained."));
        assertThat(golden.number("dense.loss")).isPositive();
    }

    @ParameterizedTest
    @FieldSource("dev.gossamer.testkit.Golden#HESSIANS")
    void everyFileOfHessiansIsOfTheScriptThatIsThere(String name) {
        Golden golden = Golden.read(name);

        for (String what : List.of("dense.train.gradient.", "sparse.eval.product.", "dense.eval.of-gradient.")) {
            assertThat(golden.keys(what)).as(what).isNotEmpty().isEqualTo(golden.keys("direction."));
        }
    }

    @Test
    void readsNumbersByKey() {
        Golden golden = parse(HEADER + "a.b 1 -2.5e-3\na.c 4\n", "x");

        assertThat(golden.numbers("a.b")).containsExactly(1, -0.0025);
        assertThat(golden.number("a.c")).isEqualTo(4);
        assertThat(golden.keys("a.")).containsExactly("b", "c");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> golden.numbers("d"))
                .withMessageContaining("'test' has no 'd'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"torch", "seed", "script", "sha256"})
    void refusesAFileWithoutALineOfTheHeader(String line) {
        String without = HEADER.replaceAll("(?m)^" + line + " .*\n", "");
        String empty = HEADER.replaceAll("(?m)^" + line + " .*\n", line + " \n");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(without, "x"))
                .withMessageContaining("'test' does not say " + line);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(empty, "x"))
                .withMessageContaining("'test' does not say " + line);
    }

    @Test
    void refusesAFileOfAnotherScript() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(HEADER, "y"))
                .withMessageContaining("was not made by the make.py that is there");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Golden.parse("test", HEADER, script -> null))
                .withMessageContaining("was not made by the make.py that is there");
    }

    private static Golden parse(String text, String script) {
        return Golden.parse(
                "test", text, name -> name.equals("make.py") ? script.getBytes(StandardCharsets.US_ASCII) : null);
    }
}
