package dev.gossamer.fl.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** A square of grey values that strokes are drawn on, black at first; a pixel takes the brightest stroke over it. */
final class StrokeCanvas {

    private final int side;
    private final float[] ink;

    StrokeCanvas(int side) {
        this.side = side;
        this.ink = new float[side * side];
    }

    void clear() {
        Arrays.fill(ink, 0);
    }

    /**
     * Draws a straight stroke with round ends. A pixel's share of the ink falls from 1 to 0 over one pixel around the
     * stroke's border, by the distance of the pixel's centre from the segment.
     *
     * @param halfWidth half the stroke's width, in pixels as the coordinates; pixel (i, j) has its centre there
     * @param brightness ink in the middle of the stroke, in [0, 1]
     */
    void line(float x0, float y0, float x1, float y1, float halfWidth, float brightness) {
        float reach = halfWidth + 0.5f;
        int left = clamp((int) StrictMath.ceil(StrictMath.min(x0, x1) - reach));
        int right = clamp((int) StrictMath.floor(StrictMath.max(x0, x1) + reach));
        int top = clamp((int) StrictMath.ceil(StrictMath.min(y0, y1) - reach));
        int bottom = clamp((int) StrictMath.floor(StrictMath.max(y0, y1) + reach));
        float dx = x1 - x0;
        float dy = y1 - y0;
        float squaredLength = dx * dx + dy * dy;
        float perLength = squaredLength > 0 ? 1 / squaredLength : 0;
        for (int row = top; row <= bottom; row++) {
            for (int col = left; col <= right; col++) {
                float px = col - x0;
                float py = row - y0;
                float along = Math.clamp((px * dx + py * dy) * perLength, 0f, 1f);
                float ex = px - along * dx;
                float ey = py - along * dy;
                // The square root is exactly rounded everywhere, unlike the library's sine.
                float share = reach - (float) Math.sqrt(ex * ex + ey * ey);
                if (share > 0) {
                    dot(col, row, brightness * Math.min(share, 1f));
                }
            }
        }
    }

    /** Puts ink on one pixel, in [0, 1]. */
    void dot(int col, int row, float brightness) {
        int at = row * side + col;
        ink[at] = Math.max(ink[at], brightness);
    }

    /** Writes the image as {@code side * side} unsigned bytes, row by row. */
    void writeTo(MemorySegment bytes, long offset) {
        for (int i = 0; i < ink.length; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (int) (ink[i] * 255 + 0.5f));
        }
    }

    private int clamp(int pixel) {
        return Math.clamp(pixel, 0, side - 1);
    }
}
