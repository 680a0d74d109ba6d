package dev.gossamer.fl.data;

import java.util.ArrayList;
import java.util.List;

/**
 * The ten symbols of the synthetic strokes, in order of their class numbers. A symbol is a few curves in a square from -1
 * to 1, x to the right and y downwards, each a chain of points close enough that a bent symbol stays smooth. They are
 * chosen to share their parts: no pixel belongs to one class alone, only the arrangement tells.
 */
enum StrokeSymbol {
    RING(arc(0, 0, 0.9f, 0.9f, 0, 360)),
    PLUS(line(-0.9f, 0, 0.9f, 0), line(0, -0.9f, 0, 0.9f)),
    TRIANGLE(line(0, -0.9f, 0.9f, 0.75f, -0.9f, 0.75f, 0, -0.9f)),
    SQUARE(line(-0.8f, -0.8f, 0.8f, -0.8f, 0.8f, 0.8f, -0.8f, 0.8f, -0.8f, -0.8f)),
    ZIGZAG(line(-0.8f, -0.85f, 0.8f, -0.85f, -0.8f, 0.85f, 0.8f, 0.85f)),
    WAVE(arc(0, -0.45f, 0.6f, 0.45f, -20, -270), arc(0, 0.45f, 0.6f, 0.45f, -90, 160)),
    ARROW(line(0, 0.9f, 0, -0.9f), line(-0.65f, -0.25f, 0, -0.9f, 0.65f, -0.25f)),
    TEE(line(-0.85f, -0.85f, 0.85f, -0.85f), line(0, -0.85f, 0, 0.9f)),
    HOOK(line(0.6f, -0.9f, 0.6f, 0.3f), arc(0, 0.3f, 0.6f, 0.6f, 0, 180)),
    EIGHT(arc(0, -0.45f, 0.55f, 0.45f, 0, 360), arc(0, 0.45f, 0.65f, 0.45f, 0, 360));

    /** The longest piece of a curve. */
    private static final float PIECE = 0.3f;

    @SuppressWarnings("ImmutableEnumChecker") // an unmodifiable list of arrays that nobody writes to
    private final List<Curve> curves;

    StrokeSymbol(Curve... curves) {
        this.curves = List.of(curves);
    }

    List<Curve> curves() {
        return curves;
    }

    /** A chain of points. The arrays are not written to. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Curve(float[] x, float[] y) {

        int points() {
            return x.length;
        }
    }

    private static Curve line(float... corners) {
        List<float[]> points = new ArrayList<>();
        points.add(new float[] {corners[0], corners[1]});
        for (int i = 2; i < corners.length; i += 2) {
            float dx = corners[i] - corners[i - 2];
            float dy = corners[i + 1] - corners[i - 1];
            int pieces = pieces((float) Math.sqrt(dx * dx + dy * dy));
            for (int piece = 1; piece <= pieces; piece++) {
                float t = (float) piece / pieces;
                points.add(new float[] {corners[i - 2] + t * dx, corners[i - 1] + t * dy});
            }
        }
        return curve(points);
    }

    /** Part of an ellipse, between two angles in degrees; 0 is to the right, positive turns towards y. */
    private static Curve arc(float centreX, float centreY, float radiusX, float radiusY, float from, float to) {
        double radians = StrictMath.toRadians(to - from);
        int pieces = pieces((float) (StrictMath.abs(radians) * StrictMath.max(radiusX, radiusY)));
        List<float[]> points = new ArrayList<>();
        for (int piece = 0; piece <= pieces; piece++) {
            double angle = StrictMath.toRadians(from) + radians * piece / pieces;
            points.add(new float[] {
                centreX + radiusX * (float) StrictMath.cos(angle), centreY + radiusY * (float) StrictMath.sin(angle)
            });
        }
        return curve(points);
    }

    private static int pieces(float length) {
        return (int) StrictMath.ceil(length / PIECE);
    }

    private static Curve curve(List<float[]> points) {
        float[] x = new float[points.size()];
        float[] y = new float[points.size()];
        for (int i = 0; i < x.length; i++) {
            x[i] = points.get(i)[0];
            y[i] = points.get(i)[1];
        }
        return new Curve(x, y);
    }
}
