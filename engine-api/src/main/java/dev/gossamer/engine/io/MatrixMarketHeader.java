package dev.gossamer.engine.io;

import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What stands before the entries of a Matrix Market file: banner, comments, type line, size line. */
record MatrixMarketHeader(
        Format format, Field field, Symmetry symmetry, EntryType type, int rows, int cols, long stored) {

    private static final String BANNER = "%%matrixmarket";
    private static final String TYPE_COMMENT = "%%graphblas";
    private static final String BANNER_SYNTAX =
            "write '%%MatrixMarket matrix coordinate|array real|integer|pattern general|symmetric|skew-symmetric'";

    enum Format {
        COORDINATE,
        ARRAY
    }

    enum Field {
        REAL,
        INTEGER,
        PATTERN
    }

    enum Symmetry {
        GENERAL,
        SYMMETRIC,
        SKEW_SYMMETRIC
    }

    private record Banner(Format format, Field field, Symmetry symmetry) {}

    /** Reads up to the first entry. Without a banner a file is real and general, and the count of its sizes is its format. */
    static MatrixMarketHeader read(TextInput in) throws IOException {
        Banner banner = null;
        EntryType type = null;
        while (!in.atEnd() && (in.atLineEnd() || in.peek() == '%')) {
            String first = in.word().toLowerCase(Locale.ROOT);
            if (first.equals(BANNER)) {
                banner = readBanner(in);
            } else if (first.equals(TYPE_COMMENT) && in.word().equalsIgnoreCase("type")) {
                type = readType(in, banner);
            }
            in.nextLine();
        }
        if (in.atEnd()) {
            throw in.error("the file ends before the line of sizes", "fetch the file again, or complete it");
        }
        if (type == null) {
            type = banner != null && banner.field == Field.INTEGER ? EntryType.INTEGER : EntryType.FLOAT;
        }
        return readSizes(in, banner, type);
    }

    private static Banner readBanner(TextInput in) throws IOException {
        if (in.line() != 1) {
            throw in.error("the banner is not on the first line", "move it there");
        }
        choose(in, "object", "matrix");
        Format format = choose(in, "format", "coordinate", "array") == 0 ? Format.COORDINATE : Format.ARRAY;
        Field field = field(in, in.word());
        Symmetry symmetry = symmetry(in, in.word());
        if (format == Format.ARRAY && field == Field.PATTERN) {
            throw in.error("an array has no pattern", "write 'coordinate pattern' and list the entries");
        }
        if (!in.atLineEnd()) {
            throw in.error("'" + TextInput.printable(in.word()) + "' follows the banner", BANNER_SYNTAX);
        }
        return new Banner(format, field, symmetry);
    }

    private static int choose(TextInput in, String what, String... options) throws IOException {
        String word = in.word();
        for (int i = 0; i < options.length; i++) {
            if (options[i].equalsIgnoreCase(word)) {
                return i;
            }
        }
        throw unknown(in, what, word);
    }

    private static Field field(TextInput in, String word) throws IOException {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "real" -> Field.REAL;
            case "integer" -> Field.INTEGER;
            case "pattern" -> Field.PATTERN;
            case "complex" -> throw complex(in, "field 'complex'");
            default -> throw unknown(in, "field", word);
        };
    }

    private static Symmetry symmetry(TextInput in, String word) throws IOException {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "general" -> Symmetry.GENERAL;
            case "symmetric" -> Symmetry.SYMMETRIC;
            case "skew-symmetric" -> Symmetry.SKEW_SYMMETRIC;
            case "hermitian" ->
                throw in.error("only a complex matrix can be hermitian", "write symmetric for a real one");
            default -> throw unknown(in, "symmetry", word);
        };
    }

    private static MatrixFileException unknown(TextInput in, String what, String word) {
        return in.error("unknown " + what + " '" + TextInput.printable(word) + "' in the banner", BANNER_SYNTAX);
    }

    private static MatrixFileException complex(TextInput in, String what) {
        return in.error(what + " is unsupported: values are f32", "split the matrix into its real and imaginary parts");
    }

    private static EntryType readType(TextInput in, @Nullable Banner banner) throws IOException {
        String name = in.word();
        if (!in.atLineEnd() && in.word().equalsIgnoreCase("complex")) {
            throw complex(in, "type '" + TextInput.printable(name) + " complex'");
        }
        EntryType type = EntryType.named(name);
        if (type == null) {
            throw in.error(
                    "unknown type '" + TextInput.printable(name) + "'",
                    "give bool, int8_t to int64_t, uint8_t to uint64_t, float or double, or remove the line");
        }
        if (banner != null && banner.symmetry == Symmetry.SKEW_SYMMETRIC && !type.isSigned()) {
            throw in.error(
                    "a skew-symmetric matrix of " + type.spelling() + " has no place for negative values",
                    "give a signed type");
        }
        return type;
    }

    private static MatrixMarketHeader readSizes(TextInput in, @Nullable Banner known, EntryType type)
            throws IOException {
        int rows = size(in, "the number of rows");
        int cols = size(in, "the number of columns");
        Banner banner = known != null
                ? known
                : new Banner(in.atLineEnd() ? Format.ARRAY : Format.COORDINATE, Field.REAL, Symmetry.GENERAL);
        if (banner.symmetry != Symmetry.GENERAL && rows != cols) {
            throw in.error(
                    "a matrix of " + rows + " x " + cols + " is not square and cannot be " + spelling(banner.symmetry),
                    "correct the sizes, or write general");
        }
        long stored = banner.format == Format.ARRAY
                ? arraySize(in, rows, cols, banner.symmetry)
                : in.integer("the number of entries", 0, Math.min((long) rows * cols, EntryLists.MAX_ENTRIES));
        in.endLine("the sizes");
        return new MatrixMarketHeader(banner.format, banner.field, banner.symmetry, type, rows, cols, stored);
    }

    private static int size(TextInput in, String what) throws IOException {
        return (int) in.integer(what, 0, EntryLists.MAX_ENTRIES - 1L);
    }

    private static long arraySize(TextInput in, int rows, int cols, Symmetry symmetry) throws IOException {
        if ((long) rows * cols > EntryLists.MAX_ENTRIES) {
            throw in.error(
                    "a dense matrix of " + rows + " x " + cols + " does not fit an array", "write it as coordinate");
        }
        return switch (symmetry) {
            case GENERAL -> (long) rows * cols;
            case SYMMETRIC -> (long) rows * (cols + 1L) / 2;
            case SKEW_SYMMETRIC -> (long) rows * (cols - 1L) / 2;
        };
    }

    private static String spelling(Symmetry symmetry) {
        return symmetry.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
