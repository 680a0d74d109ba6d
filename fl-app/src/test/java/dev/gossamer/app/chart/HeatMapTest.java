package dev.gossamer.app.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeatMapTest {

    @Test
    void everyValueIsACellThatTellsIt() {
        Recorder recorder = new Recorder();
        map(new int[] {1, 2}, new double[][] {{0.5, 1}, {0.25, Double.NaN}}).draw(recorder, 0);

        assertThat(recorder.groups("cell"))
                .containsExactly("fc1, round 1: 0.5000", "fc1, round 2: 1", "fc2, round 1: 0.2500");
        assertThat(recorder.boxes(Ink.ramp(1))).hasSize(1 + 1); // the value and the end of the scale
        assertThat(recorder.boxes(Ink.ramp(0.25))).hasSize(1);
    }

    @Test
    void valuesFarApartAreShownByTheirLogarithms() {
        Recorder recorder = new Recorder();
        map(new int[] {1, 2}, new double[][] {{0.01, 0.1}, {1, 0.1}}).draw(recorder, 0);

        assertThat(recorder.boxes(Ink.ramp(0.5))).hasSize(2);
        assertThat(recorder.texts()).extracting(Recorder.Text::text).contains("1  density, logarithmic");
    }

    @Test
    void ofManyColumnsTheFirstAndTheLastAreShown() {
        int[] rounds = IntStream.rangeClosed(1, 700).toArray();
        double[] values =
                DoubleStream.iterate(1, value -> value * 0.999).limit(700).toArray();
        Recorder recorder = new Recorder();
        map(rounds, new double[][] {values, values}).draw(recorder, 0);

        assertThat(recorder.groups("cell"))
                .hasSize(2 * 120)
                .contains("fc2, round 1: 1")
                .last()
                .asString()
                .startsWith("fc2, round 700: ");
        assertThat(recorder.texts()).allMatch(text -> text.left() >= 0 && text.right() <= Chart.WIDE);
    }

    @Test
    void aTableThatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> map(new int[] {1}, new double[][] {{1}})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> map(new int[] {1}, new double[][] {{1}, {1, 2}}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static HeatMap map(int[] rounds, double[][] values) {
        return new HeatMap("Density", "round", "density", List.of("fc1", "fc2"), rounds, values);
    }
}
