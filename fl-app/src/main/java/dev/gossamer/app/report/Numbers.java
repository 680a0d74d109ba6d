package dev.gossamer.app.report;

import java.util.Locale;

/** Numbers on pages, the same in every country. */
final class Numbers {

    private Numbers() {}

    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    static String fraction(double fraction) {
        return String.format(Locale.ROOT, "%.4f", fraction);
    }

    static String megabytes(double bytes) {
        return String.format(Locale.ROOT, "%,.2f MB", bytes / Curves.MEGA);
    }

    static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%,.1f s", seconds);
    }

    /** How many times as much. */
    static String times(double ratio) {
        return Double.isFinite(ratio) ? String.format(Locale.ROOT, "%.1f\u00d7", ratio) : "\u2013";
    }
}
