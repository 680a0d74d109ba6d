package dev.gossamer.engine.io;

import dev.gossamer.engine.io.EntryLists.Floats;
import dev.gossamer.engine.io.EntryLists.Ints;
import dev.gossamer.engine.io.EntryLists.Lines;
import dev.gossamer.engine.io.MatrixMarketHeader.Field;
import dev.gossamer.engine.io.MatrixMarketHeader.Format;
import dev.gossamer.engine.io.MatrixMarketHeader.Symmetry;
import dev.gossamer.engine.sparse.CooMatrix;
import dev.gossamer.engine.sparse.CsrMatrix;
import dev.gossamer.engine.sparse.DenseMatrix;
import dev.gossamer.engine.sparse.DuplicateEntryException;
import dev.gossamer.engine.sparse.HostMatrix;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * Reads Matrix Market exchange files, compressed with gzip or not (R. F. Boisvert, R. Pozo, K. A. Remington: The Matrix
 * Market Exchange Formats: Initial Design, NISTIR 5935, 1996).
 *
 * <p>What loads: {@code coordinate} and {@code array}; {@code real}, {@code integer} and {@code pattern} (every value 1);
 * {@code general}, {@code symmetric} and {@code skew-symmetric}, which are expanded to all their entries. Comments and blank
 * lines may stand anywhere after the banner; lines end in LF or CRLF. A file without a banner is real and general: an array
 * if its first line has two sizes, else coordinates. Complex and hermitian matrices are refused as unsupported.
 *
 * <p>What is stricter than it could be, because silence would give a wrong matrix: an element listed twice, also once on each
 * side of a symmetric matrix, is an error; so is anything after the last entry, a diagonal entry of a skew-symmetric matrix,
 * and a finite number beyond the range of f32. {@code %%GraphBLAS type} before the sizes is a promise about the values and
 * is held to: {@code bool} means 0 or 1, {@code int8_t} to {@code uint64_t} limit the range, unknown types are errors, and
 * {@code float} and {@code double} allow real values in a file that says {@code integer}. Other comments mean nothing.
 *
 * <p>Values are rounded to f32 once. Explicit zeros stay entries. Every error is a {@link MatrixFileException} with file,
 * line and remedy.
 */
public final class MatrixMarket {

    private MatrixMarket() {}

    /** The matrix in a file: a {@link CooMatrix} if its format is {@code coordinate}, a {@link DenseMatrix} if {@code array}. */
    public static HostMatrix read(Path file) throws IOException {
        try (TextInput in = TextInput.open(file)) {
            return read(in);
        }
    }

    /**
     * As {@link #read(Path)}, from a stream that is closed.
     *
     * @param name stands for the file in errors
     */
    public static HostMatrix read(InputStream stream, String name) throws IOException {
        try (stream;
                TextInput in = TextInput.open(stream, name)) {
            return read(in);
        }
    }

    /** As {@link #read(Path)}; of an array the elements that are not +0 become entries. */
    public static CooMatrix readCoo(Path file) throws IOException {
        return read(file).toCoo();
    }

    /**
     * As {@link #read(Path)}; of an array the elements that are not +0 become entries. CSR takes an offset for each row, which a
     * small file may announce more of than there is memory for: that is an error too.
     */
    public static CsrMatrix readCsr(Path file) throws IOException {
        HostMatrix matrix = read(file);
        try {
            return matrix.toCsr();
        } catch (OutOfMemoryError e) {
            throw new MatrixFileException(
                    file.toString(),
                    "has " + matrix.rows() + " rows, whose offsets as CSR take more memory than there is",
                    "correct the line of sizes, read it as COO, or give the JVM more memory (-Xmx)",
                    e);
        }
    }

    private static HostMatrix read(TextInput in) throws IOException {
        MatrixMarketHeader header = MatrixMarketHeader.read(in);
        return header.format() == Format.ARRAY ? readArray(in, header) : readCoordinates(in, header);
    }

    // ---- coordinates
    // -------------------------------------------------------------------------------------------------

    private static CooMatrix readCoordinates(TextInput in, MatrixMarketHeader header) throws IOException {
        Entries entries = new Entries();
        for (long e = 0; e < header.stored(); e++) {
            toNextEntry(in, e, header.stored(), "entries");
            int row = (int) in.integer("the row of an entry", 1, header.rows()) - 1;
            int col = (int) in.integer("the column of an entry", 1, header.cols()) - 1;
            if (header.symmetry() == Symmetry.SKEW_SYMMETRIC && row == col) {
                throw in.error("a skew-symmetric matrix has a zero diagonal", "remove the diagonal entry");
            }
            float value = header.field() == Field.PATTERN ? 1f : value(in, header);
            entries.add(in.line(), row, col, value);
            in.endLine("an entry");
        }
        refuseMore(in, header.stored(), "entries");
        entries.mirror(in, header.symmetry());
        return entries.toCoo(in, header);
    }

    /** What was read so far; mirrored entries come after all that the file lists, with the entry they mirror as origin. */
    private static final class Entries {
        private final Ints rows = new Ints();
        private final Ints cols = new Ints();
        private final Floats values = new Floats();
        private final Lines lines = new Lines();
        private final Ints origins = new Ints();

        void add(long line, int row, int col, float value) {
            rows.add(row);
            cols.add(col);
            values.add(value);
            lines.add(line);
        }

        void mirror(TextInput in, Symmetry symmetry) throws IOException {
            if (symmetry == Symmetry.GENERAL) {
                return;
            }
            int listed = rows.size();
            for (int e = 0; e < listed; e++) {
                if (rows.get(e) != cols.get(e)) {
                    if (rows.size() == EntryLists.MAX_ENTRIES) {
                        throw in.error(
                                "more than " + EntryLists.MAX_ENTRIES + " entries once expanded", "split the matrix");
                    }
                    rows.add(cols.get(e));
                    cols.add(rows.get(e));
                    values.add(mirrored(values.get(e), symmetry));
                    origins.add(e);
                }
            }
        }

        CooMatrix toCoo(TextInput in, MatrixMarketHeader header) throws IOException {
            try {
                return CooMatrix.of(
                        header.rows(),
                        header.cols(),
                        rows.toArray(),
                        cols.toArray(),
                        values.toArray(),
                        CooMatrix.Duplicates.REFUSE);
            } catch (DuplicateEntryException e) {
                long one = lines.of(origin(e.first()));
                long other = lines.of(origin(e.second()));
                boolean folded = header.symmetry() != Symmetry.GENERAL;
                throw in.errorAt(
                        Math.max(one, other),
                        "element (" + (e.row() + 1) + ", " + (e.col() + 1) + ")"
                                + (folded ? " or its mirror image" : "") + " is already on line "
                                + Math.min(one, other),
                        "remove one of the two");
            }
        }

        private int origin(int entry) {
            int listed = rows.size() - origins.size();
            return entry < listed ? entry : origins.get(entry - listed);
        }
    }

    /** Subtraction keeps a zero +0, as an integer file means it. */
    private static float mirrored(float value, Symmetry symmetry) {
        return symmetry == Symmetry.SKEW_SYMMETRIC ? 0f - value : value;
    }

    // ---- arrays
    // ------------------------------------------------------------------------------------------------------

    private static DenseMatrix readArray(TextInput in, MatrixMarketHeader header) throws IOException {
        Floats listed = new Floats();
        for (long e = 0; e < header.stored(); e++) {
            toNextEntry(in, e, header.stored(), "elements");
            listed.add(value(in, header));
            in.endLine("an element");
        }
        refuseMore(in, header.stored(), "elements");
        return DenseMatrix.of(header.rows(), header.cols(), rowMajor(listed, header));
    }

    /** Files list columns one after the other, of a symmetric matrix from the diagonal down, of a skew one from below it. */
    private static float[] rowMajor(Floats listed, MatrixMarketHeader header) {
        int rows = header.rows();
        int cols = header.cols();
        float[] elements = new float[rows * cols];
        int next = 0;
        for (int c = 0; c < cols; c++) {
            int from = switch (header.symmetry()) {
                case GENERAL -> 0;
                case SYMMETRIC -> c;
                case SKEW_SYMMETRIC -> c + 1;
            };
            for (int r = from; r < rows; r++) {
                float value = listed.get(next++);
                elements[r * cols + c] = value;
                if (header.symmetry() != Symmetry.GENERAL && r != c) {
                    elements[c * cols + r] = mirrored(value, header.symmetry());
                }
            }
        }
        return elements;
    }

    // ---- lines
    // -------------------------------------------------------------------------------------------------------

    private static float value(TextInput in, MatrixMarketHeader header) throws IOException {
        String word = in.word();
        if (word.isEmpty()) {
            throw in.error("the value is missing", "give one, or write pattern in the banner");
        }
        try {
            return header.type().parse(word);
        } catch (EntryType.BadValueException e) {
            throw in.error("the value " + e.problem(), e.remedy());
        }
    }

    private static void toNextEntry(TextInput in, long read, long stored, String what) throws IOException {
        skipCommentsAndBlanks(in);
        if (in.atEnd()) {
            throw in.error(
                    "the file ends after " + read + " of " + stored + " " + what,
                    "fetch it again, or correct the line of sizes");
        }
    }

    private static void refuseMore(TextInput in, long stored, String what) throws IOException {
        skipCommentsAndBlanks(in);
        if (!in.atEnd()) {
            throw in.error(
                    "there is more after the " + stored + " " + what + " that the sizes promise",
                    "remove it, or correct the line of sizes");
        }
    }

    private static void skipCommentsAndBlanks(TextInput in) throws IOException {
        while (!in.atEnd() && (in.atLineEnd() || in.peek() == '%')) {
            in.nextLine();
        }
    }
}
