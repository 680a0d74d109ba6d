package dev.gossamer.app.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Amounts as bars from the left: for each category one bar of each series. */
public final class BarChart extends Chart {

    private static final double BAR = 18;
    private static final double BETWEEN = 12;
    private static final double LEFT = 12;
    private static final double TEXT_SIZE = 12;

    /** Room for the numbers behind the bars. */
    private static final double NUMBER = 64;

    private static final int STEPS = 6;
    private static final int NARROW_STEPS = 3;

    private final String valueLabel;
    private final List<String> series;
    private final List<Category> categories = new ArrayList<>();

    /**
     * A chart without bars.
     *
     * @param valueLabel what is counted, with the unit
     * @param series names of the bars of a category; one alone is not named
     */
    public BarChart(String title, String valueLabel, List<String> series) {
        super(title);
        this.valueLabel = valueLabel;
        this.series = List.copyOf(series);
    }

    private static final class Category {

        private final String name;
        private final double[] values;

        Category(String name, double[] values) {
            this.name = name;
            this.values = values.clone();
        }
    }

    /**
     * Adds a category below the others.
     *
     * @param values at least 0, one of each series; not finite where there is none
     */
    public BarChart add(String name, double... values) {
        if (values.length != series.size() || Arrays.stream(values).anyMatch(value -> value < 0)) {
            throw new IllegalArgumentException("Category " + name + " needs " + series.size()
                    + " values of 0 and more: " + Arrays.toString(values));
        }
        categories.add(new Category(name, values));
        return this;
    }

    private double categoryHeight() {
        return BAR * series.size() + BETWEEN;
    }

    @Override
    int height(double width) {
        double legend = legend().draw(new Svg(width, 0, "", "", ""), 0);
        return (int) Math.ceil(legend + 8 + categoryHeight() * categories.size() + Frame.BELOW);
    }

    @Override
    void draw(Canvas canvas, double top) {
        double names = Math.min(
                canvas.width() / 3,
                categories.stream()
                        .mapToDouble(category -> canvas.widthOf(category.name, TEXT_SIZE))
                        .max()
                        .orElse(0));
        double first = legend().draw(canvas, top) + 8;
        Axis x = Axis.of(
                valueLabel,
                false,
                false,
                categories.stream().flatMapToDouble(category -> Arrays.stream(category.values)),
                canvas.width() < WIDE ? NARROW_STEPS : STEPS);
        Axis fromZero = Axis.between(valueLabel, false, 0, x.high(), canvas.width() < WIDE ? NARROW_STEPS : STEPS);
        Frame frame = new Frame(
                LEFT + names + 8,
                first,
                canvas.width() - NUMBER,
                first + categoryHeight() * categories.size(),
                fromZero,
                new Axis("", false, 0, 1, List.of()));
        frame.draw(canvas);
        for (int i = 0; i < categories.size(); i++) {
            category(canvas, frame, i, names);
        }
    }

    private void category(Canvas canvas, Frame frame, int index, double names) {
        Category category = categories.get(index);
        double y = frame.top() + categoryHeight() * index + BETWEEN / 2;
        canvas.text(
                canvas.fitted(category.name, TEXT_SIZE, names),
                frame.left() - 8,
                y + BAR * series.size() / 2 + TEXT_SIZE * 0.36,
                TEXT_SIZE,
                false,
                Anchor.END,
                false,
                Ink.TEXT);
        for (int i = 0; i < series.size(); i++) {
            double value = category.values[i];
            if (!Double.isFinite(value)) {
                continue;
            }
            double end = frame.placeX(value);
            String name = series.size() == 1 ? category.name : category.name + ", " + series.get(i);
            canvas.begin("cell", name + ": " + text(value) + " (" + valueLabel + ")");
            canvas.box(frame.left(), y + i * BAR, end - frame.left(), BAR - 3, Ink.series(i));
            canvas.end();
            canvas.text(
                    text(value),
                    end + 5,
                    y + i * BAR + BAR / 2 - 1.5 + TEXT_SIZE * 0.36,
                    TEXT_SIZE,
                    false,
                    Anchor.START,
                    false,
                    Ink.AXIS);
        }
    }

    private Legend legend() {
        Legend legend = new Legend();
        for (int i = 0; i < series.size() && series.size() > 1; i++) {
            int index = i;
            legend.add(
                    series.get(i),
                    (canvas, left, right, y) -> canvas.box(left + 6, y - 6, right - left - 12, 12, Ink.series(index)));
        }
        return legend;
    }

    private static String text(double value) {
        if (value == Math.rint(value) || value >= 1000) {
            return String.format(Locale.ROOT, "%,d", Math.round(value));
        }
        return String.format(Locale.ROOT, value >= 10 ? "%.1f" : value >= 0.1 ? "%.2f" : "%.2g", value);
    }
}
