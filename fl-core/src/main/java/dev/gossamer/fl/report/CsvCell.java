package dev.gossamer.fl.report;

/** A cell of comma-separated values (RFC 4180). */
public final class CsvCell {

    private CsvCell() {}

    /** The text, in quotes where it has to be. */
    public static String quoted(String text) {
        boolean plain = text.chars().noneMatch(character -> ",\"\r\n".indexOf(character) >= 0);
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
