package dev.gossamer.app.chart;

import java.util.List;

/**
 * What charts draw on. Lengths are in pixels of CSS, from the upper left corner; later things cover earlier ones. All
 * coordinates are finite.
 */
interface Canvas {

    /** What stands for what is left out. */
    String ELLIPSIS = "\u2026";

    /** What charts have room for; how high they are is theirs to say. */
    double width();

    /** How wide a text is at most, at this size of an em. */
    double widthOf(String text, double size);

    /** As much of a text as has room, with dots for what is left out. */
    default String fitted(String text, double size, double room) {
        if (widthOf(text, size) <= room) {
            return text;
        }
        int end = text.length();
        while (end > 0 && widthOf(text.substring(0, end) + ELLIPSIS, size) > room) {
            end = text.offsetByCodePoints(end, -1);
        }
        return text.substring(0, end).stripTrailing() + ELLIPSIS;
    }

    /**
     * Joined lines with round corners and ends.
     *
     * @param x of the points, at least one
     * @param y of as many points
     * @param dashed whether it is broken up
     */
    void line(double[] x, double[] y, Ink ink, double width, boolean dashed);

    /** A filled rectangle. */
    void box(double x, double y, double width, double height, Ink ink);

    /** A filled polygon. */
    void convex(double[] x, double[] y, Ink ink);

    /**
     * The area between two curves.
     *
     * @param x ascending
     * @param top of the area, the smaller ordinates
     * @param bottom of the area
     */
    void band(double[] x, double[] top, double[] bottom, Ink ink);

    /**
     * Text on a line.
     *
     * @param y of the base line
     * @param size of an em
     * @param upwards whether it reads from below to above
     */
    void text(String text, double x, double y, double size, boolean bold, Anchor anchor, boolean upwards, Ink ink);

    /**
     * Whatever is drawn until {@link #end} belongs together.
     *
     * @param kind a word for style sheets and scripts
     * @param meaning for whoever points at it or cannot see it; empty for none
     */
    default void begin(String kind, String meaning) {}

    /**
     * A point of a curve.
     *
     * @param x its value
     * @param y its value
     * @param left where it is
     * @param top where it is
     */
    record Point(double x, double y, double left, double top) {}

    /** Says what the innermost group shows, for pages that tell numbers. */
    default void points(String name, List<Point> points) {}

    /** Ends the innermost group. */
    default void end() {}
}
