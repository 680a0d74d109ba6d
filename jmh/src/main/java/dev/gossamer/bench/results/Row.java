package dev.gossamer.bench.results;

import org.jspecify.annotations.Nullable;

/**
 * A line of the table of {@code bench quick}, and an object of its JSON. Values are rates, so that more is better, but for what is
 * allocated.
 *
 * @param name what was measured
 * @param value ours
 * @param unit of both values
 * @param peer the best peer that could run; null where there is none
 * @param peerValue the peer's
 * @param ratio ours over the peer, as speed: the median over rounds that each measured both
 * @param target the ratio to reach; null just where {@code ratio} is
 * @param limitShare what part of the machine's limit for this work ours is; null where no limit was measured
 */
public record Row(
        String name,
        double value,
        String unit,
        @Nullable String peer,
        @Nullable Double peerValue,
        @Nullable Double ratio,
        @Nullable Double target,
        @Nullable Double limitShare) {

    public Row {
        if ((peer == null) != (peerValue == null) || (ratio == null) != (target == null)) {
            throw new IllegalArgumentException(
                    "Row '" + name + "' needs a peer with its value, and a ratio with its target, or neither");
        }
        if (ratio != null && peer == null) {
            throw new IllegalArgumentException("Row '" + name + "' has a ratio to no peer");
        }
        finite(name, value);
        finite(name, peerValue);
        finite(name, ratio);
        finite(name, limitShare);
    }

    /** A row without peer. */
    public static Row alone(String name, double value, String unit, @Nullable Double limitShare) {
        return new Row(name, value, unit, null, null, null, null, limitShare);
    }

    private static void finite(String name, @Nullable Double number) {
        if (number != null && !Double.isFinite(number)) {
            throw new IllegalArgumentException("Row '" + name + "' was measured as " + number);
        }
    }
}
