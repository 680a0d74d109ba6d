package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Max and average pools and their gradients, on row-major activations. {@code in} is the shape of the unpooled side, its
 * batch included. Where {@code beta = 0}, the old gradient is not read.
 */
public final class Pool {

    private static final int PADDING = -1;

    private Pool() {}

    /**
     * The largest element of each window, and its number in the window, row by row.
     */
    @SuppressWarnings("ArrayRecordComponent") // a pair of results, never compared
    public record Largest(float[] y, int[] chosen) {}

    /** The first of equals; NaN counts as largest. */
    public static Largest max(Window window, Shape in, float[] x) {
        int size = Math.toIntExact(window.output(in).size());
        Largest result = new Largest(new float[size], new int[size]);
        forEachOutput(window, in, (c, oy, ox, j, at) -> {
            result.chosen[at] = PADDING;
            for (int k = 0; k < window.size(); k++) {
                int from = input(window, in, c, oy, ox, k, j);
                if (from != PADDING && (result.chosen[at] == PADDING || above(x[from], result.y[at]))) {
                    result.chosen[at] = k;
                    result.y[at] = x[from];
                }
            }
        });
        return result;
    }

    private static boolean above(float x, float best) {
        return x > best || (Float.isNaN(x) && !Float.isNaN(best));
    }

    /** {@code mask ⊙ (gy brought to where each was chosen + beta·gx)}. */
    public static float[] maxGradient(
            Window window, Shape in, int[] chosen, float[] gy, float beta, float[] gx, boolean @Nullable [] mask) {
        double[] sums = scaled(beta, gx);
        forEachOutput(window, in, (c, oy, ox, j, at) -> sums[input(window, in, c, oy, ox, chosen[at], j)] += gy[at]);
        return masked(sums, mask);
    }

    /** The elements of {@code xDot} where each was chosen. */
    public static float[] maxTangent(Window window, Shape in, int[] chosen, float[] xDot) {
        float[] yDot = new float[chosen.length];
        forEachOutput(window, in, (c, oy, ox, j, at) -> yDot[at] = xDot[input(window, in, c, oy, ox, chosen[at], j)]);
        return yDot;
    }

    /** The mean of each window; padding counts as 0. */
    public static float[] average(Window window, Shape in, float[] x) {
        float[] y = new float[Math.toIntExact(window.output(in).size())];
        forEachOutput(window, in, (c, oy, ox, j, at) -> {
            double sum = 0;
            for (int k = 0; k < window.size(); k++) {
                int from = input(window, in, c, oy, ox, k, j);
                sum += from == PADDING ? 0 : x[from];
            }
            y[at] = (float) (sum / window.size());
        });
        return y;
    }

    /** {@code mask ⊙ (gy/size brought to all of each window + beta·gx)}. */
    public static float[] averageGradient(
            Window window, Shape in, float[] gy, float beta, float[] gx, boolean @Nullable [] mask) {
        double[] sums = scaled(beta, gx);
        forEachOutput(window, in, (c, oy, ox, j, at) -> {
            for (int k = 0; k < window.size(); k++) {
                int to = input(window, in, c, oy, ox, k, j);
                if (to != PADDING) {
                    sums[to] += (double) gy[at] / window.size();
                }
            }
        });
        return masked(sums, mask);
    }

    /** Where element {@code k} of a window lies in the unpooled activations. */
    private static int input(Window window, Shape in, int channel, int oy, int ox, int k, int j) {
        int iy = oy * window.stride() + k / window.width() - window.padding();
        int ix = ox * window.stride() + k % window.width() - window.padding();
        boolean inside = iy >= 0 && iy < in.height() && ix >= 0 && ix < in.width();
        return inside ? ((channel * in.height() + iy) * in.width() + ix) * in.batch() + j : PADDING;
    }

    private static double[] scaled(float beta, float[] old) {
        double[] sums = new double[old.length];
        Arrays.setAll(sums, i -> beta == 0 ? 0 : (double) beta * old[i]);
        return sums;
    }

    private static float[] masked(double[] sums, boolean @Nullable [] mask) {
        float[] out = Rounding.toFloats(sums);
        return mask == null ? out : Relu.gradient(mask, out);
    }

    private static void forEachOutput(Window window, Shape in, OutputVisitor visitor) {
        Shape out = window.output(in);
        int at = 0;
        for (int c = 0; c < out.channels(); c++) {
            for (int oy = 0; oy < out.height(); oy++) {
                for (int ox = 0; ox < out.width(); ox++) {
                    for (int j = 0; j < out.batch(); j++) {
                        visitor.visit(c, oy, ox, j, at++);
                    }
                }
            }
        }
    }

    private interface OutputVisitor {
        void visit(int channel, int y, int x, int sample, int at);
    }
}
