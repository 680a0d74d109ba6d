package dev.gossamer.app.chart;

/** Which end of a text is at its place; the names are SVG's. */
enum Anchor {
    START(0),
    MIDDLE(0.5),
    END(1);

    private final double before;

    Anchor(double before) {
        this.before = before;
    }

    /** The share of the text that comes before its place. */
    double before() {
        return before;
    }
}
