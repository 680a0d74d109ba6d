package dev.gossamer.app.chart;

import java.util.ArrayList;
import java.util.List;

/** Names beside what they look like, in rows above the plot, where no curve can be behind them. */
final class Legend {

    static final double SIZE = 13;

    private static final double LEFT = 12;
    private static final double SAMPLE = 26;
    private static final double GAP = 7;
    private static final double BETWEEN = 20;
    private static final double ROW = 20;

    private final List<Entry> entries = new ArrayList<>();

    /** Draws how a series looks, around an ordinate. */
    interface Sample {
        void draw(Canvas canvas, double left, double right, double y);
    }

    private record Entry(String name, Sample sample) {}

    void add(String name, Sample sample) {
        entries.add(new Entry(name, sample));
    }

    /** Draws it from an ordinate on, and tells the first free one. */
    double draw(Canvas canvas, double top) {
        double x = LEFT;
        double y = top + ROW / 2;
        for (Entry entry : entries) {
            String name = canvas.fitted(entry.name(), SIZE, canvas.width() - 2 * LEFT - SAMPLE - GAP);
            double width = SAMPLE + GAP + canvas.widthOf(name, SIZE);
            if (x > LEFT && x + width > canvas.width() - LEFT) {
                x = LEFT;
                y += ROW;
            }
            canvas.begin("legend", entry.name());
            entry.sample().draw(canvas, x, x + SAMPLE, y);
            canvas.text(name, x + SAMPLE + GAP, y + SIZE * 0.34, SIZE, false, Anchor.START, false, Ink.TEXT);
            canvas.end();
            x += width + BETWEEN;
        }
        return entries.isEmpty() ? top : y + ROW / 2 + GAP;
    }
}
