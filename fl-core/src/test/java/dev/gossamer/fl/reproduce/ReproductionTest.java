package dev.gossamer.fl.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.run.ConfigException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of reproductions: what they are multiplied out to, and what is wrong with those that are wrong. */
class ReproductionTest {

    private static final String FILE = """
            title: A table
            source: A paper, table 1
            settings: {dataset: strokes, clients: 4, lr: 0.05}
            across: {partition: [iid, "label-blocks:2"]}
            cells:
              - {method: fedavg}
              - {method: fedsparsify-global, sparsity: [0.5, 0.90]}
              - {method: fedprox, partition: iid, mu: 0.01}
            seeds: [1, 2, 3]
            scales:
              full: {about: "as published", time: "a day", settings: {rounds: 200}}
              short: {about: "less", time: "a minute", settings: {rounds: 2, lr: 0.1}, seeds: [7], cells: [{method: fedavg}]}
            columns: [accuracy, communication]
            published:
              - {method: fedavg, partition: iid, accuracy: 80}
              - {method: fedsparsify-global, sparsity: 0.9, accuracy: "70.1 (0.5)", communication: 12}
            """;

    private static Reproduction parse(String text, String scale, Long... seeds) {
        return Reproduction.parse("a-table", text, "a-table.yaml", scale, List.of(seeds));
    }

    @Test
    void listsOfValuesAreMultipliedOut() {
        Reproduction full = parse(FILE, "full");

        assertThat(full.rows())
                .extracting(row -> row.text("method") + " " + row.text("partition") + " " + row.text("sparsity"))
                .containsExactly(
                        "fedavg iid ",
                        "fedavg label-blocks:2 ",
                        "fedsparsify-global iid 0.5",
                        "fedsparsify-global iid 0.9",
                        "fedsparsify-global label-blocks:2 0.5",
                        "fedsparsify-global label-blocks:2 0.9",
                        "fedprox iid ");
        assertThat(full.cellCount()).isEqualTo(21);
        assertThat(full.rows().getFirst().cells()).extracting("seed").containsExactly(1L, 2L, 3L);
        assertThat(full.rows().getFirst().cells()).extracting("rounds").containsOnly(200);
        assertThat(full.rows()).extracting(row -> row.text("lr")).containsOnly("0.05");
    }

    @Test
    void onlySettingsThatDifferTellRowsApart() {
        assertThat(parse(FILE, "full").keys()).containsExactly("method", "partition", "sparsity");
        // That SNIP prunes another scope by default is no news.
        assertThat(parse(FILE.replace("{method: fedavg}", "{method: snip}"), "full")
                        .keys())
                .containsExactly("method", "partition", "sparsity");
    }

    @Test
    void aScaleGoesBeforeWhatAllHave() {
        Reproduction small = parse(FILE, "short");

        assertThat(small.rows()).extracting(row -> row.text("lr")).containsOnly("0.1");
        assertThat(small.cellCount()).isEqualTo(2);
        assertThat(small.rows().getFirst().cells()).extracting("seed").containsExactly(7L);
        assertThat(small.scaleAbout()).isEqualTo("less");
    }

    @Test
    void seedsOfTheCallerGoBeforeTheFiles() {
        assertThat(parse(FILE, "short", 5L, 6L).rows().getFirst().cells())
                .extracting("seed")
                .containsExactly(5L, 6L);
    }

    @Test
    void whatWasPublishedStandsBesideTheRowsItIsOf() {
        Reproduction full = parse(FILE, "full");

        assertThat(full.rows())
                .extracting(row -> full.published(row, Measure.ACCURACY))
                .containsExactly("80", "", "", "70.1 (0.5)", "", "70.1 (0.5)", "");
        assertThat(full.published(full.rows().get(3), Measure.COMMUNICATION)).isEqualTo("12");
        assertThat(full.hasPublished(Measure.COMMUNICATION)).isTrue();
        assertThat(full.hasPublished(Measure.UPLINK)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "columns: [accuracy | columns: [acuracy | there is no measure 'acuracy'. Known: accuracy",
                "sparsity: [0.5 | sparsity: [1.5 | sparsity is 1.5, but must be",
                "method: fedprox | method: fedpro | method is fedpro, but must be",
                "mu: 0.01 | alpha: 0.01 | method fedprox has no setting 'alpha', only sparsefedpp has it",
                "seeds: [1, 2, 3] | sedes: [1] | sedes",
                "title: A table | # | 'title' is missing",
                "settings: {dataset | settings: {{dataset | line 3",
                "about: \"as published\", | # | ''",
                "accuracy: 80 | rounds: 80 | has no value of a measure"
            })
    void whatIsWrongIsNamed(String good, String bad, String message) {
        assertThat(FILE).contains(good);

        assertThatThrownBy(() -> parse(FILE.replace(good, bad), "full"))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("a-table.yaml")
                .hasMessageContaining(message);
    }

    @Test
    void aScaleThatIsNotThereIsNamedWithThoseThatAre() {
        assertThatThrownBy(() -> parse(FILE, "tiny"))
                .hasMessage("a-table.yaml: there is no scale 'tiny', only full, short");
    }

    @Test
    void numbersAreComparedAsNumbers() {
        Row row = parse(FILE, "full").rows().get(3);

        assertThat(row.matches(Map.of("sparsity", 0.90, "clients", 4))).isTrue();
        assertThat(row.matches(Map.of("sparsity", 0.91))).isFalse();
        assertThat(row.matches(Map.of("mu", 0.01))).isFalse();
    }
}
