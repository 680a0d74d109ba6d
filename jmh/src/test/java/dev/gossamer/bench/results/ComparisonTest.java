package dev.gossamer.bench.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.bench.results.Comparison.Pair;
import dev.gossamer.bench.results.Measured.Interval;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static Result time(String name, double score, double error) {
        return new Result(
                name, name, Map.of(), score, new Interval(score - error, score + error), "us/op", false, null, null);
    }

    private static Result rate(String name, double score, double error) {
        return new Result(
                name, name, Map.of(), score, new Interval(score - error, score + error), "GF/s", true, null, null);
    }

    private static ResultFile file(String name, Result... results) {
        return new ResultFile(Path.of(name), Map.of("cpu", name), List.of(results));
    }

    @Test
    void ratioIsOfSpeedsForTimesAndRates() {
        assertThat(new Pair(time("a", 20, 1), time("a", 10, 1)).ratio()).isCloseTo(2, within(1e-12));
        assertThat(new Pair(rate("a", 20, 1), rate("a", 10, 1)).ratio()).isCloseTo(0.5, within(1e-12));
    }

    @Test
    void overlappingIntervalsAreUnclear() {
        assertThat(new Pair(time("a", 10, 1), time("a", 12, 1)).isUnclear()).isTrue();
        assertThat(new Pair(time("a", 10, 1), time("a", 12.1, 1)).isUnclear()).isFalse();
        assertThat(new Pair(time("a", 10, Double.NaN), time("a", 100, 1)).isUnclear())
                .isTrue();
        assertThat(new Pair(time("a", 0, 0), time("a", 1, 0)).isWorse(0.1)).isTrue();
    }

    /** Limits of the machine are the best of some slices: nobody knows how far off they are. */
    @Test
    void whatHasNoIntervalIsNeitherFasterNorSlower() {
        Pair pair = new Pair(rate("limit", 20, Double.NaN), rate("limit", 10, Double.NaN));
        assertThat(pair.hasIntervals()).isFalse();
        assertThat(pair.isWorse(0.1)).isFalse();
        Comparison comparison = Comparison.of(
                file("one", rate("limit", 20, Double.NaN), rate("half", 20, 1)),
                file("two", rate("limit", 10, Double.NaN), rate("half", 10, Double.NaN)));
        assertThat(comparison.text(0.1).lines())
                .anySatisfy(line -> assertThat(line).startsWith("limit ").endsWith("0.500  no interval"))
                .anySatisfy(line -> assertThat(line).startsWith("half ").endsWith("no interval"));
        assertThat(comparison.isWorse(0.1)).isFalse();
    }

    /** Bytes that a step allocates are counted, and 0 is what they should be. */
    @Test
    void nothingAllocatedIsAFigureToo() {
        assertThat(new Pair(time("a", 0, 0), time("a", 0, 0)).ratio()).isEqualTo(1);
        assertThat(new Pair(time("a", 0, 0), time("a", 0, 0)).isUnclear()).isTrue();
        assertThat(new Pair(time("a", 8, 0), time("a", 0, 0)).isUnclear()).isFalse();
        assertThat(new Pair(time("a", 0, 0), time("a", 8, 0)).isWorse(0.1)).isTrue();
    }

    @Test
    void onlyWhatIsSurelySlowerIsWorse() {
        assertThat(new Pair(time("a", 10, 0.1), time("a", 13, 0.1)).isWorse(0.2))
                .isTrue();
        assertThat(new Pair(time("a", 10, 0.1), time("a", 12, 0.1)).isWorse(0.2))
                .isFalse();
        assertThat(new Pair(time("a", 10, 9), time("a", 13, 9)).isWorse(0.2)).isFalse();
        assertThat(new Pair(rate("a", 10, 0.1), rate("a", 13, 0.1)).isWorse(0)).isFalse();
        assertThat(new Pair(rate("a", 10, 0.1), rate("a", 7, 0.1)).isWorse(0.2)).isTrue();
    }

    @Test
    void textHasBothErrorsAndWhatIsMissing() {
        Comparison comparison = Comparison.of(
                file("one", time("a", 10, 0.5), time("b", 10, 0.5), time("gone", 1, 1)),
                file("two", time("b", 10.2, 0.5), time("a", 20, 0.25), time("new", 1, 1)));
        assertThat(comparison.text(0.1).lines())
                .anySatisfy(line -> assertThat(line)
                        .startsWith("a ")
                        .contains("10.000 ± 0.50", "20.000 ± 0.25", "0.500", "slower, past the threshold"))
                .anySatisfy(line -> assertThat(line).startsWith("b ").endsWith("unclear"))
                .contains("only in base: gone", "only in new: new", "not the same machine: cpu: one / two");
        assertThat(comparison.isWorse(0.1)).isTrue();
        assertThat(comparison.isWorse(0.6)).isFalse();
    }

    @Test
    void refusesWhatCannotBeCompared() {
        assertThatThrownBy(() -> Comparison.of(file("one", time("a", 1, 0)), file("two", rate("a", 1, 0))))
                .isInstanceOf(ResultException.class)
                .hasMessageContaining("us/op")
                .hasMessageContaining("GF/s");
        assertThatThrownBy(() ->
                        Comparison.of(file("one", time("a", 1, 0), time("a", 1, 0)), file("two", rate("a", 1, 0))))
                .isInstanceOf(ResultException.class)
                .hasMessageContaining("two results");
    }
}
