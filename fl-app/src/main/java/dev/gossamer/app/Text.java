package dev.gossamer.app;

import java.util.Locale;

/** Numbers for people, the same in every country. */
final class Text {

    private Text() {}

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency for one method
    static String of(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** Decimal units, as communication is counted in. */
    static String bytes(long count) {
        if (count < 1_000_000) {
            return of("%.1f kB", count / 1e3);
        }
        return count < 1_000_000_000 ? of("%.2f MB", count / 1e6) : of("%.2f GB", count / 1e9);
    }
}
