package dev.gossamer.app.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;

/** Points that a pen joins. */
final class Polyline {

    private final double[] x;
    private final double[] y;

    /** Keeps the arrays: one abscissa and one ordinate for each point. */
    Polyline(double[] x, double[] y) {
        this.x = x;
        this.y = y;
    }

    double[] x() {
        return x;
    }

    double[] y() {
        return y;
    }

    /** The same elsewhere. */
    Polyline map(DoubleUnaryOperator mapX, DoubleUnaryOperator mapY) {
        return new Polyline(
                DoubleStream.of(x).map(mapX).toArray(),
                DoubleStream.of(y).map(mapY).toArray());
    }

    /** The pieces that are left where {@code on} is drawn and {@code off} is left out, in turn. */
    List<Polyline> dashes(double on, double off) {
        List<Polyline> dashes = new ArrayList<>();
        double travelled = 0;
        for (int i = 0; i + 1 < x.length; i++) {
            double length = Math.hypot(x[i + 1] - x[i], y[i + 1] - y[i]);
            double at = 0;
            while (at < length) {
                double phase = (travelled + at) % (on + off);
                double to = Math.min(length, at + (phase < on ? on : on + off) - phase);
                if (phase < on) {
                    dashes.add(piece(i, at / length, to / length));
                }
                // Rounding must not end in a step of nothing.
                at = Math.max(to, at + 1e-9);
            }
            travelled += length;
        }
        return dashes;
    }

    private Polyline piece(int i, double from, double to) {
        double dx = x[i + 1] - x[i];
        double dy = y[i + 1] - y[i];
        return new Polyline(
                new double[] {x[i] + from * dx, x[i] + to * dx}, new double[] {y[i] + from * dy, y[i] + to * dy});
    }
}
