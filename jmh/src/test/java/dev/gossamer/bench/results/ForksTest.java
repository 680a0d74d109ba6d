package dev.gossamer.bench.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.bench.results.Measured.Interval;
import dev.gossamer.bench.results.Measured.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForksTest {

    private static Measured compared(String peer, double value, double ratio, double low, double high) {
        Row row = new Row("row", value, "GF/s", peer, value / ratio, ratio, 1.5, 0.5);
        return new Measured(row, new Interval(value - 1, value + 1), new Interval(low, high), 2.0);
    }

    private static Measured alone(String name, double value) {
        return new Measured(Row.alone(name, value, "GF/s", null), new Interval(value, value), null, null);
    }

    private static Measured merged(Measured... forks) {
        return Forks.merge(List.of(forks).stream().map(List::of).toList()).getFirst();
    }

    @Test
    void rowIsThatOfTheProcessInTheMiddleByRatio() {
        Measured middle = compared("b", 30, 1.6, 1.55, 1.65);
        Measured merged = merged(compared("a", 20, 1.7, 1.6, 1.8), compared("a", 50, 1.4, 1.3, 1.5), middle);
        assertThat(merged.row()).isEqualTo(middle.row());
        assertThat(merged.flopsPerByte()).isEqualTo(2.0);
    }

    @Test
    void intervalsReachOverAllProcesses() {
        Measured merged = merged(
                compared("a", 20, 1.7, 1.6, 1.8), compared("a", 50, 1.4, 1.3, 1.5), compared("a", 30, 1.6, 1.55, 1.65));
        assertThat(merged.ratio()).isEqualTo(new Interval(1.3, 1.8));
        assertThat(merged.value()).isEqualTo(new Interval(19, 51));
        assertThat(merged.verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void ofTwoTheLowerRatioIsTaken() {
        assertThat(merged(compared("a", 20, 1.7, 1.6, 1.8), compared("a", 30, 1.6, 1.5, 1.7))
                        .row()
                        .ratio())
                .isEqualTo(1.6);
    }

    @Test
    void rowsWithoutPeerGoByValue() {
        Measured merged = merged(alone("x", 3), alone("x", 1), alone("x", 2));
        assertThat(merged.row().value()).isEqualTo(2);
        assertThat(merged.value()).isEqualTo(new Interval(1, 3));
        assertThat(merged.ratio()).isNull();
        assertThat(merged.verdict()).isNull();
    }

    @Test
    void anUnknownEndStaysUnknown() {
        Measured unknown = new Measured(Row.alone("x", 1, "GF/s", null), Interval.UNKNOWN, null, null);
        assertThat(merged(unknown, alone("x", 2)).value().high()).isNaN();
    }

    @Test
    void anUnknownIntervalIsADash() {
        assertThat(Table.line(compared("a", 1, 1.6, 1.5, 1.7))).contains(" 1.60 [1.50, 1.70] ");
        assertThat(Table.line(compared("a", 1, 1.6, Double.NaN, Double.NaN)))
                .contains(" 1.60 - ")
                .contains("unclear")
                .doesNotContain("NaN");
    }

    @Test
    void tablesThatDifferAreRefused() {
        assertThatThrownBy(() -> Forks.merge(List.of(List.of(alone("x", 1), alone("y", 1)), List.of(alone("x", 1)))))
                .isInstanceOf(ResultException.class)
                .hasMessageContaining("'y'")
                .hasMessageContaining("1 of 2");
        Measured without = new Measured(Row.alone("row", 1, "GF/s", null), new Interval(1, 1), null, null);
        assertThatThrownBy(() -> merged(compared("a", 20, 1.7, 1.6, 1.8), without))
                .isInstanceOf(ResultException.class)
                .hasMessageContaining("peer");
    }

    @Test
    void verdictsNeedTheWholeInterval() {
        assertThat(compared("a", 1, 1.6, 1.5, 1.7).verdict()).isEqualTo(Verdict.MET);
        assertThat(compared("a", 1, 1.6, 1.49, 1.7).verdict()).isEqualTo(Verdict.UNCLEAR);
        assertThat(compared("a", 1, 1.4, 1.3, 1.5).verdict()).isEqualTo(Verdict.UNCLEAR);
        assertThat(compared("a", 1, 1.4, 1.3, 1.49).verdict()).isEqualTo(Verdict.BELOW);
        assertThat(compared("a", 1, 1.6, Double.NaN, Double.NaN).verdict()).isEqualTo(Verdict.UNCLEAR);
        assertThat(Table.summary(List.of(compared("a", 1, 1.4, 1.3, 1.49), alone("x", 1))))
                .contains("0 met 0 unclear 1 below", "# below: row");
    }
}
