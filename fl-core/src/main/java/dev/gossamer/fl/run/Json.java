package dev.gossamer.fl.run;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON as runs write it. */
final class Json {

    private static final JsonMapper LINES = JsonMapper.builder().build();
    private static final JsonMapper PRETTY =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    /** One line, with a line end. */
    static String line(Object value) {
        return LINES.writeValueAsString(value) + "\n";
    }

    /** What {@link #line} was given. */
    static <T> T parse(String line, Class<T> type) {
        return LINES.readValue(line, type);
    }

    /** Indented, with a line end. */
    static String pretty(Object value) {
        return PRETTY.writeValueAsString(value) + "\n";
    }
}
