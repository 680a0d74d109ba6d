package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Availability.Unavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TroubleTest {

    private static final Path PAGE = Path.of("..", "docs", "gpu.md");

    /** Message, cause and remedy of each row below the heading. */
    private static List<List<String>> rows() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .dropWhile(line -> !line.equals("## Troubleshooting"))
                .skip(1)
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> line.startsWith("| ") && !line.startsWith("| message |"))
                .map(line -> Arrays.stream(line.substring(1).split("\\|", -1))
                        .map(String::strip)
                        .toList())
                .toList();
    }

    private static Unavailable example(Trouble trouble) {
        Object[] details = new Object[trouble.details()];
        Arrays.fill(details, "…");
        return trouble.because(null, details);
    }

    @ParameterizedTest
    @EnumSource
    void itsRowOnThePageSaysTheSame(Trouble trouble) throws IOException {
        Unavailable text = example(trouble);

        assertThat(rows())
                .filteredOn(row -> row.getFirst().equals(text.reason()))
                .as("rows for: %s", text.reason())
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.get(1)).as("cause").isNotBlank();
                    assertThat(row.get(2)).as("remedy").isEqualTo(text.remedy());
                });
    }

    @Test
    void thePageHasNoOtherRows() throws IOException {
        assertThat(rows()).hasSameSizeAs(Trouble.values());
    }

    @ParameterizedTest
    @EnumSource
    void reasonsAreClausesAndRemediesSentences(Trouble trouble) {
        Unavailable text = example(trouble);
        assertThat(text.reason()).doesNotEndWith(".").hasLineCount(1);
        assertThat(text.remedy()).endsWith(".").hasLineCount(1);
    }

    @Test
    void detailsThatDoNotFitAreAMistake() {
        assertThatThrownBy(() -> Trouble.NO_DRIVER.because(null)).isInstanceOf(IllegalArgumentException.class);
    }
}
