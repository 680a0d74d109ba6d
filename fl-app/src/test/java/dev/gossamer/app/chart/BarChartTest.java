package dev.gossamer.app.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class BarChartTest {

    @Test
    void barsAreAsLongAsTheirValues() {
        Recorder recorder = new Recorder();
        new BarChart("Traffic", "MB", List.of("up", "down"))
                .add("dense", 40, 20)
                .add("sparse", 10, 0)
                .draw(recorder, 0);

        List<Recorder.Box> up = recorder.boxes(Ink.series(0)).stream().skip(1).toList(); // the legend's first
        List<Recorder.Box> down = recorder.boxes(Ink.series(1)).stream().skip(1).toList();
        assertThat(up.get(0).width()).isEqualTo(4 * up.get(1).width());
        assertThat(down.get(0).width()).isEqualTo(2 * up.get(1).width());
        assertThat(down.get(1).width()).isZero();
        assertThat(up).extracting(Recorder.Box::x).containsOnly(down.get(0).x());
        assertThat(recorder.groups("cell"))
                .containsExactly(
                        "dense, up: 40 (MB)", "dense, down: 20 (MB)", "sparse, up: 10 (MB)", "sparse, down: 0 (MB)");
        assertThat(recorder.texts()).allMatch(text -> text.left() >= 0 && text.right() <= Chart.WIDE);
    }

    @Test
    void oneSeriesNeedsNoNameAndMissingValuesNoBar() {
        Recorder recorder = new Recorder();
        new BarChart("Time", "seconds", List.of("run"))
                .add("training", 2.5)
                .add("unknown", Double.NaN)
                .draw(recorder, 0);

        assertThat(recorder.groups("legend")).isEmpty();
        assertThat(recorder.groups("cell")).containsExactly("training: 2.50 (seconds)");
    }

    @Test
    void valuesThatDoNotFitAreRefused() {
        BarChart chart = new BarChart("Time", "seconds", List.of("a", "b"));
        assertThatThrownBy(() -> chart.add("one", 1)).hasMessageContaining("one needs 2 values");
        assertThatThrownBy(() -> chart.add("negative", 1, -1)).isInstanceOf(IllegalArgumentException.class);
    }
}
