package dev.gossamer.app.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Curves over an axis.
 *
 * <pre>
 * new LineChart("FashionMNIST", "round", "test accuracy")
 *         .add("dense", rounds, dense)
 *         .add("95 %", rounds, means, deviations)
 *         .writePng(Path.of("accuracy.png"));
 * </pre>
 *
 * <p>Points that are not finite, and on a logarithmic axis those of 0 and less, are left out, and the curve is broken there.
 * Series of few points get markers, and bars for their deviations; the others a band.
 */
public final class LineChart extends Chart {

    private static final int HEIGHT = 400;
    private static final int NARROW_HEIGHT = 330;

    /** Between ticks there are so many. */
    private static final int STEPS = 6;

    private static final int NARROW_STEPS = 3;

    /** Of more points than this, markers would hide the curve. */
    private static final int MOST_MARKERS = 40;

    private static final double LINE = 2;
    private static final double WHISKER = 1.3;
    private static final double CAP = 4;

    private final String xLabel;
    private final String yLabel;
    private final List<Series> all = new ArrayList<>();
    private boolean logX;
    private boolean logY;
    private double @Nullable [] rangeY;
    private List<Axis.Tick> ticksX = List.of();

    /** A chart without curves, on linear axes. */
    public LineChart(String title, String xLabel, String yLabel) {
        super(title);
        this.xLabel = xLabel;
        this.yLabel = yLabel;
    }

    /** A curve. */
    private static final class Series {

        private final String name;
        private final double[] x;
        private final double[] y;
        private final double @Nullable [] deviations;

        Series(String name, double[] x, double[] y, double @Nullable [] deviations) {
            this.name = name;
            this.x = x.clone();
            this.y = y.clone();
            this.deviations = deviations == null ? null : deviations.clone();
        }

        boolean hasMarkers() {
            return x.length <= MOST_MARKERS;
        }
    }

    public LineChart logX() {
        logX = true;
        return this;
    }

    public LineChart logY() {
        logY = true;
        return this;
    }

    /** Ordinates from one value to another, whatever the curves have; what is beyond is drawn at the edge. */
    public LineChart yRange(double low, double high) {
        if (!(low < high)) {
            throw new IllegalArgumentException("The range is from " + low + " to " + high);
        }
        rangeY = new double[] {low, high};
        return this;
    }

    /** Texts at these abscissas in place of the usual ones. */
    public LineChart xTicks(double[] at, String... texts) {
        requireSame("texts", texts.length, at.length);
        ticksX = IntStream.range(0, at.length)
                .mapToObj(i -> new Axis.Tick(at[i], texts[i]))
                .toList();
        return this;
    }

    /**
     * Adds a curve.
     *
     * @param x ascending
     * @param y as many
     */
    public LineChart add(String name, double[] x, double[] y) {
        requireSame("y", y.length, x.length);
        requireAscending(x);
        all.add(new Series(name, x, y, null));
        return this;
    }

    /**
     * Adds a curve of means with their deviations.
     *
     * @param x ascending
     * @param y as many
     * @param deviations as many, at least 0: how far the bars reach up and down
     */
    public LineChart add(String name, double[] x, double[] y, double[] deviations) {
        requireSame("y", y.length, x.length);
        requireSame("deviations", deviations.length, x.length);
        requireAscending(x);
        all.add(new Series(name, x, y, deviations));
        return this;
    }

    private static void requireSame(String what, int is, int want) {
        if (is != want) {
            throw new IllegalArgumentException(what + " are " + is + ", but there are " + want + " x");
        }
    }

    private static void requireAscending(double[] x) {
        for (int i = 1; i < x.length; i++) {
            if (x[i] < x[i - 1]) {
                throw new IllegalArgumentException("x[" + i + "] is " + x[i] + ", but comes after " + x[i - 1]);
            }
        }
    }

    @Override
    int height(double width) {
        return width < WIDE ? NARROW_HEIGHT : HEIGHT;
    }

    @Override
    String abscissa() {
        return xLabel;
    }

    @Override
    void draw(Canvas canvas, double top) {
        double plotTop = legend().draw(canvas, top) + 8;
        Frame frame = Frame.within(canvas, plotTop, top + height(canvas.width()), axisX(canvas.width()), axisY());
        frame.draw(canvas);
        for (int i = 0; i < all.size(); i++) {
            canvas.begin("series", "");
            draw(canvas, frame, i);
            canvas.end();
        }
    }

    private Legend legend() {
        Legend legend = new Legend();
        for (int i = 0; i < all.size(); i++) {
            int series = i;
            legend.add(all.get(i).name, (canvas, left, right, y) -> {
                canvas.line(
                        new double[] {left, right}, new double[] {y, y}, Ink.series(series), LINE, isDashed(series));
                if (all.get(series).hasMarkers()) {
                    Marker.of(series).draw(canvas, (left + right) / 2, y, Ink.series(series));
                }
            });
        }
        return legend;
    }

    /** Colours that come again come with broken lines, in turn. */
    private static boolean isDashed(int series) {
        return series / Ink.seriesColours() % 2 == 1;
    }

    private Axis axisX(double width) {
        Axis axis = Axis.of(
                xLabel,
                logX,
                true,
                all.stream().flatMapToDouble(series -> Arrays.stream(series.x)),
                width < WIDE ? NARROW_STEPS : STEPS);
        return ticksX.isEmpty() ? axis : axis.withTicks(ticksX);
    }

    private Axis axisY() {
        if (rangeY != null) {
            return Axis.between(yLabel, logY, rangeY[0], rangeY[1], STEPS);
        }
        return Axis.of(yLabel, logY, false, all.stream().flatMapToDouble(LineChart::ordinates), STEPS);
    }

    private static DoubleStream ordinates(Series series) {
        double[] deviations = series.deviations;
        return deviations == null
                ? Arrays.stream(series.y)
                : IntStream.range(0, series.y.length).boxed().flatMapToDouble(i -> {
                    double deviation = Double.isFinite(deviations[i]) ? deviations[i] : 0;
                    return DoubleStream.of(series.y[i] - deviation, series.y[i] + deviation);
                });
    }

    private void draw(Canvas canvas, Frame frame, int index) {
        Series series = all.get(index);
        Ink ink = Ink.series(index);
        List<int[]> runs = runs(series);
        for (int[] run : runs) {
            deviations(canvas, frame, series, run, ink);
        }
        for (int[] run : runs) {
            canvas.line(
                    Arrays.stream(run)
                            .mapToDouble(i -> frame.placeX(series.x[i]))
                            .toArray(),
                    Arrays.stream(run)
                            .mapToDouble(i -> frame.clampedY(series.y[i]))
                            .toArray(),
                    ink,
                    LINE,
                    isDashed(index));
        }
        int[] shown = runs.stream().flatMapToInt(Arrays::stream).toArray();
        if (series.hasMarkers()) {
            for (int i : shown) {
                Marker.of(index).draw(canvas, frame.placeX(series.x[i]), frame.clampedY(series.y[i]), ink);
            }
        }
        canvas.points(
                series.name,
                Arrays.stream(shown)
                        .mapToObj(i -> new Canvas.Point(
                                series.x[i], series.y[i], frame.placeX(series.x[i]), frame.clampedY(series.y[i])))
                        .toList());
    }

    /** Indices of the points that can be shown, in runs without a gap. */
    private List<int[]> runs(Series series) {
        List<int[]> runs = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= series.x.length; i++) {
            if (i == series.x.length || !isShown(series.x[i], logX) || !isShown(series.y[i], logY)) {
                if (from < i) {
                    runs.add(IntStream.range(from, i).toArray());
                }
                from = i + 1;
            }
        }
        return runs;
    }

    private static boolean isShown(double value, boolean log) {
        return Double.isFinite(value) && (!log || value > 0);
    }

    private static void deviations(Canvas canvas, Frame frame, Series series, int[] run, Ink ink) {
        double[] deviations = series.deviations;
        if (deviations == null) {
            return;
        }
        double[] x =
                Arrays.stream(run).mapToDouble(i -> frame.placeX(series.x[i])).toArray();
        double[] top = edge(frame, series.y, deviations, run, 1);
        double[] bottom = edge(frame, series.y, deviations, run, -1);
        if (!series.hasMarkers()) {
            canvas.band(x, top, bottom, ink.faint());
            return;
        }
        for (int i = 0; i < run.length; i++) {
            if (top[i] < bottom[i]) {
                whisker(canvas, x[i], top[i], bottom[i], ink);
            }
        }
    }

    private static double[] edge(Frame frame, double[] y, double[] deviations, int[] run, int side) {
        return Arrays.stream(run)
                .mapToDouble(i -> frame.clampedY(Double.isFinite(deviations[i]) ? y[i] + side * deviations[i] : y[i]))
                .toArray();
    }

    private static void whisker(Canvas canvas, double x, double top, double bottom, Ink ink) {
        canvas.line(new double[] {x, x}, new double[] {top, bottom}, ink, WHISKER, false);
        canvas.line(new double[] {x - CAP, x + CAP}, new double[] {top, top}, ink, WHISKER, false);
        canvas.line(new double[] {x - CAP, x + CAP}, new double[] {bottom, bottom}, ink, WHISKER, false);
    }
}
