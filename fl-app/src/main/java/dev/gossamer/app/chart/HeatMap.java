package dev.gossamer.app.chart;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** A table of numbers as shades: rows by name, columns by number. */
public final class HeatMap extends Chart {

    /** As many columns as can be told apart; of more, some are left out evenly. */
    private static final int MOST_COLUMNS = 120;

    private static final int MOST_NARROW_COLUMNS = 50;

    private static final double ROW = 20;
    private static final double SMALL_ROW = 13;

    /** As many rows as have room to be high. */
    private static final int FEW_ROWS = 24;

    private static final double SCALE_HEIGHT = 32;
    private static final double SCALE_WIDTH = 160;
    private static final int SHADES = 32;
    private static final int MOST_TICKS = 8;
    private static final double LEFT = 12;
    private static final double TEXT_SIZE = 12;

    /** Values of this ratio and more are shown by their logarithms. */
    private static final double WIDE_RATIO = 20;

    private final String columnLabel;
    private final String valueLabel;
    private final List<String> rows;
    private final int[] columns;
    private final double[][] values;

    /**
     * A table.
     *
     * @param columnLabel what a column is
     * @param valueLabel what a value is
     * @param rows names, from the top
     * @param columns numbers
     * @param values for each row one for each column; not finite where there is none
     */
    public HeatMap(
            String title, String columnLabel, String valueLabel, List<String> rows, int[] columns, double[][] values) {
        super(title);
        if (values.length != rows.size() || Arrays.stream(values).anyMatch(row -> row.length != columns.length)) {
            throw new IllegalArgumentException(
                    "A table of " + rows.size() + " rows and " + columns.length + " columns has other values");
        }
        this.columnLabel = columnLabel;
        this.valueLabel = valueLabel;
        this.rows = List.copyOf(rows);
        this.columns = columns.clone();
        this.values = Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
    }

    private double rowHeight() {
        return rows.size() <= FEW_ROWS ? ROW : SMALL_ROW;
    }

    @Override
    int height(double width) {
        return (int) Math.ceil(SCALE_HEIGHT + rowHeight() * rows.size() + Frame.BELOW);
    }

    @Override
    void draw(Canvas canvas, double top) {
        Axis scale = scale();
        scale(canvas, scale, top);
        double names = names(canvas);
        double left = LEFT + names + 6;
        int[] shown = shown(canvas.width() < WIDE ? MOST_NARROW_COLUMNS : MOST_COLUMNS);
        double cell = (canvas.width() - 20 - left) / Math.max(1, shown.length);
        double first = top + SCALE_HEIGHT;
        for (int row = 0; row < rows.size(); row++) {
            double y = first + row * rowHeight();
            String name = canvas.fitted(rows.get(row), TEXT_SIZE, names);
            double base = y + rowHeight() / 2 + TEXT_SIZE * 0.36;
            canvas.text(name, left - 6, base, Math.min(TEXT_SIZE, rowHeight()), false, Anchor.END, false, Ink.AXIS);
            for (int i = 0; i < shown.length; i++) {
                double start = edge(left + i * cell);
                double end = edge(left + (i + 1) * cell);
                cell(canvas, scale, row, shown[i], new double[] {start, y, end - start, rowHeight() - 1});
            }
        }
        double bottom = first + rows.size() * rowHeight();
        ticks(canvas, shown, left, cell, bottom);
        canvas.text(
                columnLabel,
                (left + canvas.width() - 20) / 2,
                bottom + 38,
                Frame.LABEL_SIZE,
                false,
                Anchor.MIDDLE,
                false,
                Ink.TEXT);
    }

    /** On the edge of a pixel, of which there are two for one of CSS: cells have no seams between them then. */
    private static double edge(double place) {
        return Math.round(2 * place) / 2.0;
    }

    private double names(Canvas canvas) {
        double longest = rows.stream()
                .mapToDouble(name -> canvas.widthOf(name, TEXT_SIZE))
                .max()
                .orElse(0);
        return Math.min(longest, canvas.width() / 3);
    }

    private Axis scale() {
        double[] all = Arrays.stream(values)
                .flatMapToDouble(Arrays::stream)
                .filter(Double::isFinite)
                .toArray();
        double low = Arrays.stream(all).min().orElse(0);
        double high = Arrays.stream(all).max().orElse(1);
        boolean log = low > 0 && high / low > WIDE_RATIO;
        double from = log ? low : Math.min(0, low);
        return Axis.between(valueLabel, log, from, high > from ? high : from + 1, MOST_TICKS);
    }

    /** From the lightest to the darkest, with what they mean. */
    private static void scale(Canvas canvas, Axis scale, double top) {
        double y = top + 6;
        double x = LEFT;
        String low = text(scale.low());
        canvas.text(low, x, y + 10, TEXT_SIZE, false, Anchor.START, false, Ink.AXIS);
        x += canvas.widthOf(low, TEXT_SIZE) + 6;
        double step = Math.min(SCALE_WIDTH, canvas.width() / 4) / SHADES;
        for (int shade = 0; shade < SHADES; shade++) {
            canvas.box(x + shade * step, y, step + 0.3, 12, Ink.ramp(shade / (SHADES - 1.0)));
        }
        x += SHADES * step + 6;
        String high = text(scale.high()) + "  " + scale.label() + (scale.log() ? ", logarithmic" : "");
        canvas.text(
                canvas.fitted(high, TEXT_SIZE, canvas.width() - LEFT - x),
                x,
                y + 10,
                TEXT_SIZE,
                false,
                Anchor.START,
                false,
                Ink.AXIS);
    }

    private void cell(Canvas canvas, Axis scale, int row, int column, double[] box) {
        double value = values[row][column];
        if (!Double.isFinite(value)) {
            return;
        }
        canvas.begin("cell", rows.get(row) + ", " + columnLabel + " " + columns[column] + ": " + text(value));
        double shade = scale.log() && value <= 0 ? 0 : scale.place(value);
        canvas.box(box[0], box[1], box[2], box[3], Ink.ramp(shade));
        canvas.end();
    }

    private void ticks(Canvas canvas, int[] shown, double left, double cell, double bottom) {
        int most = canvas.width() < WIDE ? MOST_TICKS / 2 : MOST_TICKS;
        int every = Math.max(1, Math.ceilDiv(shown.length, most));
        for (int i = 0; i < shown.length; i += every) {
            canvas.text(
                    String.valueOf(columns[shown[i]]),
                    left + (i + 0.5) * cell,
                    bottom + 16,
                    TEXT_SIZE,
                    false,
                    Anchor.MIDDLE,
                    false,
                    Ink.AXIS);
        }
    }

    /** Indices of columns, the first and the last among them. */
    private int[] shown(int most) {
        if (columns.length <= most) {
            return IntStream.range(0, columns.length).toArray();
        }
        return IntStream.range(0, most)
                .map(i -> (int) Math.round((double) i * (columns.length - 1) / (most - 1)))
                .toArray();
    }

    private static String text(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,d", (long) value)
                : String.format(Locale.ROOT, "%.4g", value);
    }
}
