package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Geometry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which gradients of dense weights go by taps: those of small planes and many channels. */
class ConvolutionTilesTest {

    @ParameterizedTest
    @CsvSource({
        "512, 2, 3, 1, true",
        "512, 4, 3, 1, true",
        "256, 8, 3, 1, true",
        "128, 16, 3, 1, false", // a twelfth less
        "64, 32, 3, 1, false",
        "3, 4, 3, 1, false", // three of 64 columns
        "32, 4, 3, 1, false", // half of the columns
        "64, 4, 1, 1, false",
        "64, 4, 3, 2, true",
        "64, 14, 5, 1, true" // 5x5: 62 of 70, squared
    })
    void goesByTapsWhereATenthIsLess(int channels, int plane, int kernel, int stride, boolean byTaps) {
        Geometry g = new Geometry(channels, plane, plane, 64, kernel, kernel, stride, kernel / 2);

        assertThat(ConvolutionTiles.byTaps(g)).isEqualTo(byTaps);
    }
}
