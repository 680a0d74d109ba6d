package dev.gossamer.app.chart;

/**
 * Where a plot is on its canvas, and its axes: places values and draws what is behind them.
 *
 * @param left edge, in pixels of CSS
 * @param top edge
 * @param right edge
 * @param bottom edge
 */
record Frame(double left, double top, double right, double bottom, Axis x, Axis y) {

    static final double TICK_SIZE = 12;
    static final double LABEL_SIZE = 13;

    /** Below a plot: ticks and the label. */
    static final double BELOW = 50;

    private static final double TICK_LENGTH = 4;
    private static final double TICK_GAP = 5;
    private static final double LABEL_GAP = 10;

    /** A frame that fills what the texts of its axes leave. */
    static Frame within(Canvas canvas, double top, double bottom, Axis x, Axis y) {
        double ticks = y.ticks().stream()
                .mapToDouble(tick -> canvas.widthOf(tick.text(), TICK_SIZE))
                .max()
                .orElse(0);
        double label = y.label().isEmpty() ? 0 : LABEL_SIZE + LABEL_GAP;
        double left = 10 + label + ticks + TICK_GAP + TICK_LENGTH;
        return new Frame(left, top, canvas.width() - 24, bottom - BELOW, x, y);
    }

    double placeX(double value) {
        return left + x.place(value) * (right - left);
    }

    double placeY(double value) {
        return bottom - y.place(value) * (bottom - top);
    }

    /** The ordinate nearest to a value that is within the frame; for what may reach out of it. */
    double clampedY(double value) {
        return y.log() && value <= 0 ? bottom : Math.clamp(placeY(value), top, bottom);
    }

    /** Grid, axes, ticks and labels. */
    void draw(Canvas canvas) {
        for (Axis.Tick tick : y.ticks()) {
            double at = placeY(tick.value());
            segment(canvas, left, at, right, at, Ink.GRID);
            canvas.text(
                    tick.text(),
                    left - TICK_LENGTH - TICK_GAP,
                    at + TICK_SIZE * 0.36,
                    TICK_SIZE,
                    false,
                    Anchor.END,
                    false,
                    Ink.AXIS);
        }
        for (Axis.Tick tick : x.ticks()) {
            double at = placeX(tick.value());
            segment(canvas, at, top, at, bottom, Ink.GRID);
            segment(canvas, at, bottom, at, bottom + TICK_LENGTH, Ink.AXIS);
            canvas.text(tick.text(), at, bottom + TICK_LENGTH + 14, TICK_SIZE, false, Anchor.MIDDLE, false, Ink.AXIS);
        }
        segment(canvas, left, bottom, right, bottom, Ink.AXIS);
        labels(canvas);
    }

    /** What the axes are called. */
    private void labels(Canvas canvas) {
        label(canvas, x.label(), (left + right) / 2, bottom + 40, false);
        label(canvas, y.label(), 8 + LABEL_SIZE, (top + bottom) / 2, true);
    }

    private static void label(Canvas canvas, String text, double x, double y, boolean upwards) {
        if (!text.isEmpty()) {
            canvas.text(text, x, y, LABEL_SIZE, false, Anchor.MIDDLE, upwards, Ink.TEXT);
        }
    }

    private static void segment(Canvas canvas, double x0, double y0, double x1, double y1, Ink ink) {
        canvas.line(new double[] {x0, x1}, new double[] {y0, y1}, ink, 1, false);
    }
}
