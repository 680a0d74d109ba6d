package dev.gossamer.engine.io;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the values of a Matrix Market file may be: the type that a {@code %%GraphBLAS type} line promises, or what the
 * field of the banner says. Values are rounded to f32 once, to nearest, straight from their decimal form.
 */
enum EntryType {
    BOOL("bool", 0, 1),
    INT8("int8_t", Byte.MIN_VALUE, Byte.MAX_VALUE),
    INT16("int16_t", Short.MIN_VALUE, Short.MAX_VALUE),
    INT32("int32_t", Integer.MIN_VALUE, Integer.MAX_VALUE),
    INT64("int64_t", Long.MIN_VALUE, Long.MAX_VALUE),
    UINT8("uint8_t", 0, (1 << 8) - 1),
    UINT16("uint16_t", 0, (1 << 16) - 1),
    UINT32("uint32_t", 0, (1L << 32) - 1),
    /** Its upper limit is that of 64 bits without a sign, and is checked apart. */
    UINT64("uint64_t", 0, -1),
    FLOAT("float", 0, 0),
    DOUBLE("double", 0, 0),
    /** An integer of any size: the banner's field without a type line. */
    INTEGER("integer", 0, 0);

    private final String spelling;
    private final long least;
    private final long most;

    EntryType(String spelling, long least, long most) {
        this.spelling = spelling;
        this.least = least;
        this.most = most;
    }

    String spelling() {
        return spelling;
    }

    boolean isSigned() {
        return switch (this) {
            case BOOL, UINT8, UINT16, UINT32, UINT64 -> false;
            case INT8, INT16, INT32, INT64, FLOAT, DOUBLE, INTEGER -> true;
        };
    }

    /** The type with this name on a type line, or null. */
    static @Nullable EntryType named(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        for (EntryType type : values()) {
            if (type != INTEGER && type.spelling.equals(lower)) {
                return type;
            }
        }
        return null;
    }

    /** The value of a word. */
    float parse(String text) throws BadValueException {
        return switch (this) {
            case FLOAT, DOUBLE -> parseReal(text);
            case INTEGER -> checkRange(text, Float.parseFloat(checkDigits(text)));
            case UINT64 -> parseUnsigned(text);
            default -> parseLimited(text);
        };
    }

    private float parseLimited(String text) throws BadValueException {
        try {
            long value = Long.parseLong(checkDigits(text));
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // more digits than a long has: out of every range
        }
        throw new BadValueException("'" + text + "' is outside " + spelling, "give " + least + " to " + most);
    }

    private static float parseUnsigned(String text) throws BadValueException {
        try {
            Long.parseUnsignedLong(checkDigits(text));
            return Float.parseFloat(text);
        } catch (NumberFormatException e) {
            throw new BadValueException("'" + text + "' is outside uint64_t", "give 0 to 18446744073709551615");
        }
    }

    private static String checkDigits(String text) throws BadValueException {
        int start = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        boolean good = text.length() > start;
        for (int i = start; i < text.length(); i++) {
            good &= isDigit(text.charAt(i));
        }
        if (!good) {
            throw new BadValueException("'" + TextInput.printable(text) + "' is not an integer", "give an integer");
        }
        return text;
    }

    private static float parseReal(String text) throws BadValueException {
        String unsigned = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
        float sign = text.startsWith("-") ? -1 : 1;
        return switch (unsigned.toLowerCase(Locale.ROOT)) {
            case "nan" -> Float.NaN;
            case "inf", "infinity" -> sign * Float.POSITIVE_INFINITY;
            default -> parseDecimal(text, unsigned);
        };
    }

    private static float parseDecimal(String text, String unsigned) throws BadValueException {
        try {
            // Java would also read "1f", "0x1p3" and "NaN", which are not Matrix Market
            if (unsigned.chars().allMatch(c -> isDigit(c) || "+-.eE".indexOf(c) >= 0)) {
                return checkRange(text, Float.parseFloat(text));
            }
        } catch (NumberFormatException e) {
            // one message for both ways of not being a number
        }
        throw new BadValueException(
                "'" + TextInput.printable(text) + "' is not a number", "give a decimal number, inf or nan");
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static float checkRange(String text, float value) throws BadValueException {
        if (Float.isInfinite(value)) {
            throw new BadValueException(
                    "'" + text + "' is beyond the range of f32 (3.4e38)", "rescale the matrix, or write inf");
        }
        return value;
    }

    /** A word that is no value of the type. */
    static final class BadValueException extends Exception {

        private static final long serialVersionUID = 1L;

        private final String problem;
        private final String remedy;

        BadValueException(String problem, String remedy) {
            super(problem);
            this.problem = problem;
            this.remedy = remedy;
        }

        String problem() {
            return problem;
        }

        String remedy() {
            return remedy;
        }
    }
}
