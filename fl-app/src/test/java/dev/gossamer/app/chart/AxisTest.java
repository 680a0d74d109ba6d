package dev.gossamer.app.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class AxisTest {

    @Test
    void anAxisEndsAtTicksOfRoundNumbers() {
        Axis axis = Axis.of("accuracy", false, false, DoubleStream.of(0.113, 0.871), 6);

        assertThat(texts(axis)).containsExactly("0.0", "0.2", "0.4", "0.6", "0.8", "1.0");
        assertThat(axis.low()).isZero();
        assertThat(axis.high()).isEqualTo(1, within(1e-12));
    }

    @Test
    void anExactAxisEndsWhereTheValuesDo() {
        Axis axis = Axis.of("round", false, true, DoubleStream.of(1, 200), 6);

        assertThat(axis.low()).isEqualTo(1);
        assertThat(axis.high()).isEqualTo(200);
        assertThat(texts(axis)).containsExactly("50", "100", "150", "200");
        assertThat(axis.place(1)).isZero();
        assertThat(axis.place(200)).isEqualTo(1);
    }

    @Test
    void valuesBelowZeroAndLargeOnesAreTold() {
        assertThat(texts(Axis.of("change", false, false, DoubleStream.of(-0.2, 0.3), 6)))
                .containsExactly("\u22120.2", "\u22120.1", "0.0", "0.1", "0.2", "0.3");
        assertThat(texts(Axis.of("parameters", false, false, DoubleStream.of(0, 118_282), 6)))
                .containsExactly("0", "20,000", "40,000", "60,000", "80,000", "100,000", "120,000");
        assertThat(texts(Axis.of("floats", false, false, DoubleStream.of(0, 5e9), 6)))
                .startsWith("0", "1e+09");
    }

    @Test
    void decadesAreEquallyFarApart() {
        Axis axis = Axis.of("density", true, false, DoubleStream.of(0.0011, 0.8), 6);

        assertThat(texts(axis)).startsWith("0.001", "0.002", "0.005", "0.01").endsWith("1");
        assertThat(axis.place(0.1) - axis.place(0.01)).isEqualTo(axis.place(0.01) - axis.place(0.001), within(1e-12));
        assertThat(axis.place(axis.low())).isZero();
    }

    @Test
    void manyDecadesAreNotAllTold() {
        List<String> texts = texts(Axis.of("error", true, false, DoubleStream.of(1e-30, 1), 6));

        assertThat(texts).hasSizeBetween(5, 14).contains("1e-30");
    }

    @Test
    void valuesWithoutAPlaceDoNotCount() {
        Axis axis = Axis.of("loss", true, true, DoubleStream.of(Double.NaN, 0, -3, 2, Double.POSITIVE_INFINITY, 20), 6);

        assertThat(axis.low()).isEqualTo(2);
        assertThat(axis.high()).isEqualTo(20);
    }

    @Test
    void oneValueAndNoneHaveAnAxisToo() {
        for (Axis axis : List.of(
                Axis.of("none", false, false, DoubleStream.empty(), 6),
                Axis.of("none", true, true, DoubleStream.empty(), 6),
                Axis.of("one", false, true, DoubleStream.of(7), 6),
                Axis.of("zero", false, false, DoubleStream.of(0, 0), 6),
                Axis.of("one", true, false, DoubleStream.of(7), 6))) {
            assertThat(axis.low()).isLessThan(axis.high());
            assertThat(axis.ticks()).isNotEmpty().allMatch(tick -> Double.isFinite(axis.place(tick.value())));
        }
    }

    private static List<String> texts(Axis axis) {
        return axis.ticks().stream().map(Axis.Tick::text).toList();
    }
}
