package dev.gossamer.app.chart;

/** Text in HTML and SVG. */
public final class Markup {

    private Markup() {}

    /**
     * Text as it has to be written in elements and in quoted attributes, so that it is nothing but text. Control characters,
     * which XML does not have, become a replacement character.
     */
    public static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(character -> {
            switch (character) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(isText(character) ? character : '\ufffd');
            }
        });
        return escaped.toString();
    }

    private static boolean isText(int character) {
        return character == '\n'
                || character == '\t'
                || character == '\r'
                || !(Character.isISOControl(character) || isSurrogate(character));
    }

    private static boolean isSurrogate(int character) {
        return character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
    }
}
