package dev.gossamer.bench.results;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/** A plot as inline SVG: lines and points over two axes, each logarithmic or from zero. */
final class Plot {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final int LEFT = 62;
    private static final int RIGHT = 230;
    private static final int TOP = 34;
    private static final int BOTTOM = 48;
    private static final List<String> COLOURS =
            List.of("#0b6e99", "#d1495b", "#3d8b37", "#8e5ea2", "#e08e0b", "#555555", "#00a3a3", "#a05a2c");

    private final String title;
    private final Axis x;
    private final Axis y;
    private final List<String> legend = new ArrayList<>();
    private final StringBuilder body = new StringBuilder();

    /** A position in the axes' units, with what a reader sees who points at it. */
    record Point(double x, double y, String text) {}

    /**
     * An axis.
     *
     * @param low left or lower end; above 0 where it is logarithmic
     */
    record Axis(String label, boolean logarithmic, double low, double high) {

        /** From 0 or, where logarithmic, from a little below the least, to a little above the most. */
        static Axis around(String label, boolean logarithmic, List<Double> values) {
            double least = values.stream().mapToDouble(v -> v).min().orElse(1);
            double most = values.stream().mapToDouble(v -> v).max().orElse(1);
            return logarithmic
                    ? new Axis(label, true, least / 1.3, most * 1.3)
                    : new Axis(label, false, 0, most > 0 ? most * 1.1 : 1);
        }

        private double share(double value) {
            return logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
        }

        private List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            if (logarithmic) {
                for (double decade = Math.pow(10, Math.floor(Math.log10(low))); decade <= high; decade *= 10) {
                    for (int step : new int[] {1, 2, 5}) {
                        if (step * decade >= low && step * decade <= high) {
                            ticks.add(step * decade);
                        }
                    }
                }
            } else {
                double step = Math.pow(10, Math.floor(Math.log10(high)));
                step = high / step < 2 ? step / 5 : high / step < 5 ? step / 2 : step;
                for (int i = 0; i * step <= high; i++) {
                    ticks.add(i * step);
                }
            }
            return ticks;
        }
    }

    Plot(String title, Axis x, Axis y) {
        this.title = title;
        this.x = x;
        this.y = y;
    }

    private double px(double value) {
        return LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
    }

    private double py(double value) {
        return HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
    }

    private static String colour(int index) {
        return COLOURS.get(index % COLOURS.size());
    }

    /** Points of one colour with a line through them, from left to right, if asked. */
    void series(String name, List<Point> points, boolean joined) {
        String colour = colour(legend.size());
        legend.add(name);
        if (joined) {
            StringBuilder path = new StringBuilder();
            for (Point point : points) {
                path.append(String.format(
                        Locale.ROOT, "%s%.1f,%.1f ", path.isEmpty() ? "M" : "L", px(point.x), py(point.y)));
            }
            body.append(String.format(
                    Locale.ROOT, "<path d='%s' fill='none' stroke='%s' stroke-width='2'/>\n", path, colour));
        }
        for (Point point : points) {
            body.append(String.format(
                    Locale.ROOT,
                    "<circle cx='%.1f' cy='%.1f' r='4' fill='%s'><title>%s</title></circle>\n",
                    px(point.x),
                    py(point.y),
                    colour,
                    escape(point.text)));
        }
    }

    /** A thin line over the whole width, cut where it leaves the plot, with its name at the right end. */
    void roof(String name, DoubleUnaryOperator of) {
        StringBuilder path = new StringBuilder();
        double lastX = x.low;
        for (int i = 0; i <= 100; i++) {
            double at =
                    x.logarithmic ? x.low * Math.pow(x.high / x.low, i / 100.0) : x.low + i * (x.high - x.low) / 100;
            double value = of.applyAsDouble(at);
            if (value >= y.low && value <= y.high) {
                path.append(String.format(Locale.ROOT, "%s%.1f,%.1f ", path.isEmpty() ? "M" : "L", px(at), py(value)));
                lastX = at;
            }
        }
        if (path.isEmpty()) {
            return;
        }
        body.append(
                String.format(Locale.ROOT, "<path d='%s' fill='none' stroke='#999' stroke-dasharray='5 3'/>\n", path));
        body.append(String.format(
                Locale.ROOT,
                "<text x='%.1f' y='%.1f' text-anchor='end' class='roof'>%s</text>\n",
                px(lastX) - 4,
                py(of.applyAsDouble(lastX)) + 12,
                escape(name)));
    }

    /** A thin upright line with a text at its top. */
    void mark(double at, String text) {
        body.append(String.format(
                Locale.ROOT,
                "<line x1='%.1f' x2='%.1f' y1='%d' y2='%d' stroke='#333' stroke-dasharray='2 3'/>\n",
                px(at),
                px(at),
                TOP,
                HEIGHT - BOTTOM));
        body.append(String.format(
                Locale.ROOT, "<text x='%.1f' y='%d' class='roof'>%s</text>\n", px(at) + 4, TOP + 12, escape(text)));
    }

    String svg() {
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg viewBox='0 0 %d %d' width='%d' role='img' aria-label='%s'>\n",
                WIDTH,
                HEIGHT,
                WIDTH,
                escape(title)));
        svg.append(String.format(Locale.ROOT, "<text x='%d' y='18' class='title'>%s</text>\n", LEFT, escape(title)));
        for (double tick : x.ticks()) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1='%.1f' x2='%.1f' y1='%d' y2='%d' class='grid'/><text x='%.1f' y='%d' text-anchor='middle'>%s</text>\n",
                    px(tick),
                    px(tick),
                    TOP,
                    HEIGHT - BOTTOM,
                    px(tick),
                    HEIGHT - BOTTOM + 16,
                    number(tick)));
        }
        for (double tick : y.ticks()) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' class='grid'/><text x='%d' y='%.1f' text-anchor='end'>%s</text>\n",
                    LEFT,
                    WIDTH - RIGHT,
                    py(tick),
                    py(tick),
                    LEFT - 6,
                    py(tick) + 4,
                    number(tick)));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<text x='%d' y='%d' text-anchor='middle'>%s</text>\n",
                (LEFT + WIDTH - RIGHT) / 2,
                HEIGHT - 10,
                escape(x.label)));
        svg.append(String.format(
                Locale.ROOT,
                "<text transform='translate(14 %d) rotate(-90)' text-anchor='middle'>%s</text>\n",
                HEIGHT / 2,
                escape(y.label)));
        svg.append(body);
        for (int i = 0; i < legend.size(); i++) {
            int top = TOP + 18 * i;
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x='%d' y='%d' width='10' height='10' fill='%s'/><text x='%d' y='%d'>%s</text>\n",
                    WIDTH - RIGHT + 14,
                    top,
                    colour(i),
                    WIDTH - RIGHT + 30,
                    top + 10,
                    escape(legend.get(i))));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.3g", value);
        return Double.parseDouble(text) == Math.rint(value) && Math.abs(value) < 1e6
                ? Long.toString(Math.round(value))
                : text.contains("e") ? text : text.replaceAll("0+$", "");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&quot;");
    }
}
