package dev.gossamer.app.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks at the pixels: there is a curve where the numbers say so, and nowhere else. */
class LineChartTest {

    private static final int SCALE = 2;

    private static final double[] X = {0, 1, 2, 3, 4};

    @TempDir
    private Path folder;

    /** A JVM without any module but java.base: no AWT, no fonts, no fontconfig. */
    public static final class Child {

        private Child() {}

        public static void main(String[] args) {
            chart().writePng(Path.of(args[0]));
        }
    }

    private static LineChart chart() {
        return new LineChart("Accuracy", "round", "accuracy")
                .add("dense", X, new double[] {0, 1, 0, 1, 0})
                .add("sparse", X, new double[] {1, 0, 1, 0, 1}, new double[] {.1, .1, 0, .1, .1});
    }

    @Test
    void anyDecoderReadsThePicture() throws IOException {
        Path file = folder.resolve("plots/accuracy.png");
        chart().writePng(file);
        BufferedImage image = ImageIO.read(file.toFile());
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());

        assertThat(image.getWidth()).isEqualTo(SCALE * Chart.WIDE);
        assertThat(IntStream.of(pixels).map(pixel -> pixel & 0xffffff).toArray())
                .isEqualTo(chart().raster().pixels());
        assertThat(Files.size(file)).isLessThan(100_000);
    }

    @Test
    void aRunTimeWithoutFontsDrawsTheSamePixels() throws Exception {
        Path file = folder.resolve("child.png");
        String tests = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Process child = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--limit-modules=java.base",
                        "-cp",
                        tests,
                        Child.class.getName(),
                        file.toString())
                .inheritIO()
                .start();

        assertThat(child.waitFor()).isZero();
        Path here = folder.resolve("here.png");
        chart().writePng(here);
        assertThat(file).hasSameBinaryContentAs(here);
    }

    @Test
    void curvesGoThroughTheirPoints() {
        Recorder recorder = new Recorder();
        chart().draw(recorder, 40);
        Raster raster = chart().raster();

        List<Canvas.Point> dense = recorder.curves().get("dense");
        assertThat(dense).hasSize(5).isSortedAccordingTo((a, b) -> Double.compare(a.left(), b.left()));
        assertThat(dense.get(1).top()).isLessThan(dense.get(0).top());
        assertThat(recorder.curves().get("sparse").get(0).top())
                .isEqualTo(dense.get(1).top());
        for (Canvas.Point point : dense.subList(1, 4)) {
            assertThat(colourAt(raster, point, 0)).isEqualTo(Ink.series(0).rgb());
        }
    }

    @Test
    void noCurveIsBehindTheLegend() {
        Recorder recorder = new Recorder();
        LineChart chart = new LineChart("Many", "round", "accuracy").yRange(0, 1);
        for (int i = 0; i < 12; i++) {
            chart.add("a series with a long name, number " + i, X, new double[] {0, 2, 0, 2, i});
        }
        chart.draw(recorder, 40);

        double lowestName = recorder.texts().stream()
                .filter(text -> text.text().startsWith("a series"))
                .mapToDouble(Recorder.Text::y)
                .max()
                .orElseThrow();
        assertThat(recorder.curves()).hasSize(12);
        assertThat(recorder.curves().values().stream().flatMap(List::stream))
                .allMatch(point -> point.top() > lowestName + Marker.RADIUS);
        assertThat(recorder.texts())
                .allMatch(text -> text.left() >= 0 && text.right() <= Chart.WIDE, "is on the canvas");
    }

    @Test
    void valuesWithoutAPlaceBreakTheCurve() {
        Recorder recorder = new Recorder();
        new LineChart("Loss", "round", "loss")
                .logY()
                .add("loss", X, new double[] {1, 10, 0, Double.NaN, 100})
                .draw(recorder, 40);

        assertThat(recorder.curves().get("loss")).extracting(Canvas.Point::x).containsExactly(0.0, 1.0, 4.0);
        assertThat(recorder.lines(Ink.series(0)))
                .extracting(line -> line.points().x().length)
                .contains(2, 1);
    }

    @Test
    void deviationsAreBarsOfFewPointsAndABandOfMany() {
        Recorder few = new Recorder();
        chart().draw(few, 40);
        assertThat(few.bands()).isZero();
        // Of five points one has no deviation; two of three lines of the others are caps.
        assertThat(few.lines(Ink.series(1)))
                .filteredOn(line -> line.width() < 2)
                .hasSize(3 * 4);

        double[] x = IntStream.range(0, 200).mapToDouble(i -> i).toArray();
        Recorder many = new Recorder();
        new LineChart("Many", "round", "accuracy")
                .add("mean", x, x, new double[200])
                .draw(many, 40);
        assertThat(many.bands()).isEqualTo(1);
    }

    @Test
    void aBandIsFaintAndLeavesTheRestAlone() {
        double[] x = IntStream.range(0, 101).mapToDouble(i -> i).toArray();
        double[] y = IntStream.range(0, 101).mapToDouble(i -> 0.5).toArray();
        double[] deviations = IntStream.range(0, 101).mapToDouble(i -> 0.2).toArray();
        LineChart chart = new LineChart("Band", "round", "y").yRange(0, 1).add("mean", x, y, deviations);
        Recorder recorder = new Recorder();
        chart.draw(recorder, 40);
        Canvas.Point point = recorder.curves().get("mean").get(33);
        Canvas.Point next = recorder.curves().get("mean").get(34);
        Canvas.Point between = new Canvas.Point(0, 0, (point.left() + next.left()) / 2, point.top());

        Raster raster = chart.raster();
        assertThat(colourAt(raster, between, 0)).isEqualTo(Ink.series(0).rgb());
        assertThat(colourAt(raster, between, 12))
                .isEqualTo(Ink.mix(0xffffff, Ink.series(0).rgb(), 0.22));
        assertThat(colourAt(raster, between, 85)).isEqualTo(0xffffff);
    }

    /** The colour so many pixels of CSS below a point; charts are recorded without the title, 40 pixels from the top. */
    private static int colourAt(Raster raster, Canvas.Point point, double below) {
        int column = (int) (point.left() * SCALE);
        int row = (int) ((point.top() + below) * SCALE);
        return raster.pixels()[row * Chart.WIDE * SCALE + column];
    }

    @Test
    void seriesDifferInMoreThanColour() {
        Recorder recorder = new Recorder();
        LineChart chart = new LineChart("Many", "round", "accuracy");
        for (int i = 0; i < 8; i++) {
            chart.add("series " + i, X, X);
        }
        chart.draw(recorder, 40);

        assertThat(recorder.lines(Ink.series(0)))
                .extracting(Recorder.Line::dashed)
                .contains(true, false);
        assertThat(IntStream.range(0, 6).mapToObj(Marker::of)).doesNotHaveDuplicates();
    }

    @Test
    void seriesThatDoNotFitAreRefused() {
        LineChart chart = new LineChart("Wrong", "x", "y");

        assertThatThrownBy(() -> chart.add("short", X, new double[] {1})).hasMessage("y are 1, but there are 5 x");
        assertThatThrownBy(() -> chart.add("short", X, X, new double[] {1, 2}))
                .hasMessage("deviations are 2, but there are 5 x");
        assertThatThrownBy(() -> chart.add("back", new double[] {1, 0}, new double[] {1, 0}))
                .hasMessage("x[1] is 0.0, but comes after 1.0");
        assertThatThrownBy(() -> chart.yRange(1, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aChartWithoutCurvesIsAFrame() {
        assertThat(new LineChart("", "", "").raster().pixels()).contains(0xffffff, Ink.AXIS.rgb());
    }
}
