package dev.gossamer.app.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * A canvas of pixels. A pixel is covered by as much as its centre is inside a shape, up to half a pixel on either side of the
 * edge; a shape covers a pixel once, however often its parts pass there.
 */
final class Raster implements Canvas {

    /** Pixels for one of CSS: pictures are sharp on dense screens and in print. */
    private static final int SCALE = 2;

    private static final double CSS_PIXELS_PER_METRE = 96 / 0.0254;

    /** Thickness of letters in ems. */
    private static final double PEN = 0.082;

    private static final double BOLD_PEN = 0.118;

    /** Steps between covered and not: more are not seen, and make files larger. */
    private static final int SHADES = 16;

    private static final double DASH = 6;
    private static final double GAP = 4;

    private final int width;
    private final int height;
    private final int[] rgb;
    private final float[] cover;

    /** A white canvas of so many pixels of CSS. */
    Raster(int width, int height) {
        this.width = width * SCALE;
        this.height = height * SCALE;
        rgb = new int[this.width * this.height];
        Arrays.fill(rgb, Ink.PAPER.rgb());
        cover = new float[rgb.length];
    }

    @Override
    public double width() {
        return (double) width / SCALE;
    }

    @Override
    public double widthOf(String text, double size) {
        return StrokeFont.width(text, size);
    }

    void writePng(OutputStream out) throws IOException {
        Png.write(out, rgb, width, height, (int) Math.round(CSS_PIXELS_PER_METRE * SCALE));
    }

    /** The pixels, row by row, as red, green and blue of 8 bits each. */
    int[] pixels() {
        return rgb.clone();
    }

    @Override
    public void line(double[] x, double[] y, Ink ink, double width, boolean dashed) {
        Area touched = new Area();
        if (dashed) {
            new Polyline(x, y).dashes(DASH, GAP).forEach(dash -> stroke(dash, width / 2, touched));
        } else {
            stroke(new Polyline(x, y), width / 2, touched);
        }
        paint(touched, ink);
    }

    @Override
    public void box(double x, double y, double width, double height, Ink ink) {
        convex(new double[] {x, x + width, x + width, x}, new double[] {y, y, y + height, y + height}, ink);
    }

    @Override
    public void convex(double[] x, double[] y, Ink ink) {
        Area touched = new Area();
        touched.add(Arrays.stream(x).min().orElseThrow(), Arrays.stream(y).min().orElseThrow(), 1);
        touched.add(Arrays.stream(x).max().orElseThrow(), Arrays.stream(y).max().orElseThrow(), 1);
        boolean clockwise = turnsClockwise(x, y);
        touched.forEach((column, row) -> {
            double inside = Double.MAX_VALUE;
            for (int i = 0; i < x.length; i++) {
                int j = (i + 1) % x.length;
                double length = Math.hypot(x[j] - x[i], y[j] - y[i]);
                double left = ((x[j] - x[i]) * (centre(row) - y[i]) - (y[j] - y[i]) * (centre(column) - x[i])) / length;
                inside = Math.min(inside, clockwise ? left : -left);
            }
            cover(column, row, inside);
        });
        paint(touched, ink);
    }

    private static boolean turnsClockwise(double[] x, double[] y) {
        double area = 0;
        for (int i = 0; i < x.length; i++) {
            int j = (i + 1) % x.length;
            area += x[i] * y[j] - x[j] * y[i];
        }
        return area > 0;
    }

    @Override
    public void band(double[] x, double[] top, double[] bottom, Ink ink) {
        Area touched = new Area();
        for (int i = 0; i < x.length; i++) {
            touched.add(x[i], top[i], 0);
            touched.add(x[i], bottom[i], 0);
        }
        int[] piece = {0};
        touched.forEach((column, row) -> {
            double at = Math.clamp(centre(column), x[0], x[x.length - 1]);
            piece[0] = piece(x, at, piece[0]);
            double upper = between(x, top, piece[0], at);
            double lower = between(x, bottom, piece[0], at);
            cover(column, row, Math.min(centre(row) - upper, lower - centre(row)));
        });
        paint(touched, ink);
    }

    /** The last point at or before an abscissa, but for the last point of all; the search begins where the last one ended. */
    private static int piece(double[] x, double at, int hint) {
        int piece = x[hint] <= at ? hint : 0;
        while (piece < x.length - 2 && x[piece + 1] <= at) {
            piece++;
        }
        return piece;
    }

    private static double between(double[] x, double[] y, int piece, double at) {
        if (x.length == 1 || x[piece + 1] == x[piece]) {
            return y[piece];
        }
        return y[piece] + (y[piece + 1] - y[piece]) * (at - x[piece]) / (x[piece + 1] - x[piece]);
    }

    @Override
    public void text(
            String text, double x, double y, double size, boolean bold, Anchor anchor, boolean upwards, Ink ink) {
        double start = -StrokeFont.width(text, size) * anchor.before();
        Area touched = new Area();
        for (Polyline stroke : StrokeFont.strokes(text, size)) {
            Polyline placed = upwards
                    ? new Polyline(stroke.y(), stroke.x()).map(down -> x + down, along -> y - start - along)
                    : stroke.map(along -> x + start + along, down -> y + down);
            stroke(placed, size * (bold ? BOLD_PEN : PEN) / 2, touched);
        }
        paint(touched, ink);
    }

    private void stroke(Polyline line, double radius, Area touched) {
        double[] x = line.x();
        double[] y = line.y();
        for (int i = 0; i < Math.max(1, x.length - 1); i++) {
            int j = Math.min(i + 1, x.length - 1);
            segment(x[i], y[i], x[j], y[j], radius, touched);
        }
    }

    private void segment(double x0, double y0, double x1, double y1, double radius, Area touched) {
        Area near = new Area();
        near.add(x0, y0, radius);
        near.add(x1, y1, radius);
        touched.add(near);
        double dx = x1 - x0;
        double dy = y1 - y0;
        double square = dx * dx + dy * dy;
        near.forEach((column, row) -> {
            double px = centre(column) - x0;
            double py = centre(row) - y0;
            double along = square == 0 ? 0 : Math.clamp((px * dx + py * dy) / square, 0, 1);
            cover(column, row, radius - Math.sqrt(sq(px - along * dx) + sq(py - along * dy)));
        });
    }

    private static double sq(double value) {
        return value * value;
    }

    /** The middle of a pixel in pixels of CSS. */
    private static double centre(int pixel) {
        return (pixel + 0.5) / SCALE;
    }

    /**
     * Notes that a pixel is covered.
     *
     * @param inside how far its centre is inside the shape
     */
    private void cover(int column, int row, double inside) {
        int at = row * width + column;
        double share = Math.clamp(inside * SCALE + 0.5, 0, 1);
        cover[at] = Math.max(cover[at], (float) Math.round(share * SHADES) / SHADES);
    }

    /** Brings what is covered to the picture, and forgets it. */
    private void paint(Area touched, Ink ink) {
        touched.forEach((column, row) -> {
            int at = row * width + column;
            if (cover[at] > 0) {
                rgb[at] = Ink.mix(rgb[at], ink.rgb(), cover[at] * ink.opacity());
                cover[at] = 0;
            }
        });
    }

    /** Takes a pixel. */
    private interface Pixel {
        void at(int column, int row);
    }

    /** The rectangle of pixels that something may cover. */
    private final class Area {

        private int left = width;
        private int top = height;
        private int right = -1;
        private int bottom = -1;

        /** Extends it by a disc around a point, and by what its edge may touch. */
        void add(double x, double y, double radius) {
            left = Math.max(0, Math.min(left, (int) Math.floor((x - radius) * SCALE) - 1));
            top = Math.max(0, Math.min(top, (int) Math.floor((y - radius) * SCALE) - 1));
            right = Math.min(width - 1, Math.max(right, (int) Math.ceil((x + radius) * SCALE) + 1));
            bottom = Math.min(height - 1, Math.max(bottom, (int) Math.ceil((y + radius) * SCALE) + 1));
        }

        void add(Area other) {
            left = Math.min(left, other.left);
            top = Math.min(top, other.top);
            right = Math.max(right, other.right);
            bottom = Math.max(bottom, other.bottom);
        }

        void forEach(Pixel pixel) {
            for (int row = top; row <= bottom; row++) {
                for (int column = left; column <= right; column++) {
                    pixel.at(column, row);
                }
            }
        }
    }
}
