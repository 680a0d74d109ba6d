package dev.gossamer.app.chart;

import java.util.List;
import java.util.Locale;

/**
 * A canvas of SVG elements for a page of HTML. Whatever has a role is drawn in the colour that the page's style sheet gives the
 * class of its name: {@code stroke} takes it for lines, {@code fill} for areas. Groups carry what they mean for the page's
 * script: {@code data-tip} what to tell of an element, {@code data-points} of a curve its values and where they are, {@code data-x} what they are over.
 */
final class Svg implements Canvas {

    /** The fonts of browsers are wider than ours by no more than this; DejaVu Sans is the widest of the usual ones. */
    private static final double WIDER = 1.25;

    private final double width;
    private final StringBuilder out = new StringBuilder();

    /**
     * An empty picture.
     *
     * @param kind a further class
     * @param title for who cannot see it
     * @param abscissa what curves are over; empty if there are none
     */
    Svg(double width, double height, String kind, String title, String abscissa) {
        this.width = width;
        out.append(format(
                "<svg class=\"plot %s\" viewBox=\"0 0 %s %s\" role=\"group\" tabindex=\"0\" aria-label=\"%s\""
                        + " data-x=\"%s\">",
                kind, number(width), number(height), Markup.escape(title), Markup.escape(abscissa)));
    }

    @Override
    public double width() {
        return width;
    }

    @Override
    public double widthOf(String text, double size) {
        return WIDER * StrokeFont.width(text, size);
    }

    @Override
    public void line(double[] x, double[] y, Ink ink, double width, boolean dashed) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < x.length; i++) {
            points.append(i == 0 ? "" : " ").append(number(x[i])).append(',').append(number(y[i]));
        }
        out.append(format(
                "<polyline class=\"stroke %s\" points=\"%s\" stroke-width=\"%s\"%s/>",
                ink.role(), points, number(width), dashed ? " stroke-dasharray=\"6 4\"" : ""));
    }

    @Override
    public void box(double x, double y, double width, double height, Ink ink) {
        out.append(format(
                "<rect%s x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>",
                fill(ink), number(x), number(y), number(width), number(height)));
    }

    @Override
    public void convex(double[] x, double[] y, Ink ink) {
        polygon(x, y, ink);
    }

    @Override
    public void band(double[] x, double[] top, double[] bottom, Ink ink) {
        double[] aroundX = new double[2 * x.length];
        double[] aroundY = new double[2 * x.length];
        for (int i = 0; i < x.length; i++) {
            aroundX[i] = x[i];
            aroundY[i] = top[i];
            aroundX[2 * x.length - 1 - i] = x[i];
            aroundY[2 * x.length - 1 - i] = bottom[i];
        }
        polygon(aroundX, aroundY, ink);
    }

    private void polygon(double[] x, double[] y, Ink ink) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < x.length; i++) {
            points.append(i == 0 ? "" : " ").append(number(x[i])).append(',').append(number(y[i]));
        }
        out.append(format("<polygon%s points=\"%s\"/>", fill(ink), points));
    }

    private static String fill(Ink ink) {
        String opacity = ink.opacity() < 1 ? " fill-opacity=\"" + number(ink.opacity()) + "\"" : "";
        return ink.role().isEmpty()
                ? format(" fill=\"#%06x\"%s", ink.rgb(), opacity)
                : format(" class=\"fill %s\"%s", ink.role(), opacity);
    }

    @Override
    public void text(
            String text, double x, double y, double size, boolean bold, Anchor anchor, boolean upwards, Ink ink) {
        String turn = upwards ? format(" transform=\"rotate(-90 %s %s)\"", number(x), number(y)) : "";
        out.append(format(
                "<text class=\"fill %s\" x=\"%s\" y=\"%s\" font-size=\"%s\" text-anchor=\"%s\"%s%s>%s</text>",
                ink.role(),
                number(x),
                number(y),
                number(size),
                anchor.name().toLowerCase(Locale.ROOT),
                bold ? " font-weight=\"600\"" : "",
                turn,
                Markup.escape(text)));
    }

    @Override
    public void begin(String kind, String meaning) {
        out.append(
                meaning.isEmpty()
                        ? format("<g class=\"%s\">", kind)
                        : format("<g class=\"%s\" data-tip=\"%s\">", kind, Markup.escape(meaning)));
    }

    @Override
    public void points(String name, List<Point> points) {
        StringBuilder data = new StringBuilder();
        for (Point point : points) {
            data.append(data.isEmpty() ? "" : " ")
                    .append(value(point.x()))
                    .append(',')
                    .append(value(point.y()))
                    .append(',')
                    .append(number(point.left()))
                    .append(',')
                    .append(number(point.top()));
        }
        out.append(format(
                "<desc class=\"points\" data-name=\"%s\" data-points=\"%s\"></desc>", Markup.escape(name), data));
    }

    @Override
    public void end() {
        out.append("</g>");
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency for one method
    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** A length: a tenth of a pixel is exact enough. */
    private static String number(double value) {
        String text = format("%.2f", value);
        return text.replaceFirst("\\.?0+$", "");
    }

    /** A value, as exact as anybody reads. */
    private static String value(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? format("%d", (long) value) : format("%.5g", value);
    }

    @Override
    public String toString() {
        return out + "</svg>";
    }
}
