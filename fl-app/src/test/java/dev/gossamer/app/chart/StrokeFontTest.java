package dev.gossamer.app.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StrokeFontTest {

    private static final double EM = 19.4;

    @Test
    void everyCharacterOfAsciiLooksItsOwnWay() {
        Set<String> shapes = new HashSet<>();
        for (char character = '!'; character <= '~'; character++) {
            shapes.add(shape(String.valueOf(character)));
        }

        assertThat(shapes).hasSize('~' - '!' + 1).doesNotContain(shape("\u65e5"), "");
    }

    @Test
    void everyCharacterStaysInItsPlace() {
        for (char character = '!'; character <= '~'; character++) {
            String text = String.valueOf(character);
            double width = StrokeFont.width(text, EM);
            for (Polyline stroke : StrokeFont.strokes(text, EM)) {
                assertThat(stroke.x()).as(text).hasSameSizeAs(stroke.y());
                assertThat(Arrays.stream(stroke.x())).as(text).allMatch(x -> x >= 0 && x <= width);
                assertThat(Arrays.stream(stroke.y())).as(text).allMatch(y -> y >= -16.5 && y <= 5);
            }
        }
    }

    @Test
    void digitsAreEquallyWide() {
        assertThat("0123456789".chars().mapToDouble(digit -> StrokeFont.width(Character.toString(digit), 12)))
                .hasSize(10)
                .containsOnly(StrokeFont.width("0", 12));
    }

    @Test
    void accentsAreDroppedAndUnknownSignsAreBoxes() {
        assertThat(shape("\u00e9\u00c5")).isEqualTo(shape("eA"));
        assertThat(shape("\u65e5")).isEqualTo(shape("\ud83d\ude00")).isNotEqualTo(shape("?"));
        assertThat(shape(" \t")).isEmpty();
        assertThat(StrokeFont.width(" ", 12)).isPositive();
    }

    @Test
    void textThatHasNoRoomEndsInDots() {
        assertThat(new Recorder().fitted("accuracy", 12, 200)).isEqualTo("accuracy");
        String fitted = new Recorder().fitted("accuracy of everything", 12, 60);
        assertThat(fitted).startsWith("accur").endsWith("\u2026");
        assertThat(StrokeFont.width(fitted, 12)).isLessThanOrEqualTo(60);
        assertThat(new Recorder().fitted("accuracy", 12, 1)).isEqualTo("\u2026");
    }

    private static String shape(String text) {
        List<Polyline> strokes = StrokeFont.strokes(text, EM);
        StringBuilder shape = new StringBuilder();
        strokes.forEach(stroke -> shape.append(Arrays.toString(stroke.x())).append(Arrays.toString(stroke.y())));
        return shape.toString();
    }
}
