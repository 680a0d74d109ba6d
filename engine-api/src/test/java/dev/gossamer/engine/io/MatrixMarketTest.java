package dev.gossamer.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.gossamer.engine.sparse.CooMatrix;
import dev.gossamer.engine.sparse.DenseMatrix;
import dev.gossamer.engine.sparse.HostMatrix;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixMarketTest {

    private static final String GENERAL = "%%MatrixMarket matrix coordinate real general\n";

    private static HostMatrix read(String text) throws IOException {
        return MatrixMarket.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "test.mtx");
    }

    private static void assertEntries(HostMatrix got, int rows, int cols, float[]... entries) {
        CooMatrix coo = (CooMatrix) got;
        assertThat(coo.rows()).isEqualTo(rows);
        assertThat(coo.cols()).isEqualTo(cols);
        assertThat(coo.nnz()).isEqualTo(entries.length);
        for (int p = 0; p < entries.length; p++) {
            assertThat(new float[] {coo.row(p), coo.col(p), coo.value(p)}).isEqualTo(entries[p]);
        }
    }

    private static float[] at(int row, int col, float value) {
        return new float[] {row, col, value};
    }

    private static MatrixFileException refused(String text, long line, String... words) {
        MatrixFileException e = catchThrowableOfType(MatrixFileException.class, () -> read(text));
        assertThat(e).as(text).isNotNull().hasMessageContainingAll(words);
        assertThat(e).hasMessageMatching("test\\.mtx:" + line + ": [^;]+; .+");
        assertThat(e.line()).isEqualTo(line);
        assertThat(e.file()).isEqualTo("test.mtx");
        return e;
    }

    @Nested
    class Loads {

        @Test
        void generalCoordinatesInAnyOrderWithCommentsAndBlankLines() throws IOException {
            String text = GENERAL + "% a comment; é\n\n  2 3 4\n2 3 -1.5e0\n% between\n\n1 1 0\n  1\t3 +.25 \n2 1 -0.0";
            assertEntries(read(text), 2, 3, at(0, 0, 0), at(0, 2, 0.25f), at(1, 0, -0f), at(1, 2, -1.5f));
        }

        @Test
        void windowsLineEndsReadTheSame() throws IOException {
            String text = GENERAL + "% c\n2 2 2\n1 1 1\n\n2 1 3\n";
            assertThat(read(text.replace("\n", "\r\n"))).isEqualTo(read(text));
        }

        @Test
        void bannersInAnyCase() throws IOException {
            assertEntries(read("%%matrixmarket MATRIX Coordinate INTEGER General\n1 1 1\n1 1 7\n"), 1, 1, at(0, 0, 7));
        }

        @Test
        void patternsAsOnes() throws IOException {
            assertEntries(
                    read("%%MatrixMarket matrix coordinate pattern general\n2 2 2\n2 1\n1 2\n"),
                    2,
                    2,
                    at(0, 1, 1),
                    at(1, 0, 1));
        }

        @Test
        void symmetricFromEitherTriangle() throws IOException {
            String banner = "%%MatrixMarket matrix coordinate real symmetric\n";
            float[][] want = {at(0, 0, 1), at(0, 2, 5), at(2, 0, 5)};
            assertEntries(read(banner + "3 3 2\n1 1 1\n3 1 5\n"), 3, 3, want);
            assertEntries(read(banner + "3 3 2\n1 1 1\n1 3 5\n"), 3, 3, want);
        }

        @Test
        void skewSymmetricWithPlusZeros() throws IOException {
            assertEntries(
                    read("%%MatrixMarket matrix coordinate integer skew-symmetric\n3 3 2\n2 1 4\n3 1 0\n"),
                    3,
                    3,
                    at(0, 1, -4),
                    at(0, 2, 0f),
                    at(1, 0, 4),
                    at(2, 0, 0f));
        }

        @Test
        void arraysByColumn() throws IOException {
            assertThat(read("%%MatrixMarket matrix array real general\n% c\n2 3\n1\n2\n\n3\n4\n% c\n5\n0\n"))
                    .isEqualTo(DenseMatrix.of(2, 3, new float[] {1, 3, 5, 2, 4, 0}));
            assertThat(read("%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n3\n"))
                    .isEqualTo(DenseMatrix.of(2, 2, new float[] {1, 2, 2, 3}));
            assertThat(read("%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n0\n"))
                    .isEqualTo(DenseMatrix.of(3, 3, new float[] {0, -1, -2, 1, 0, 0, 2, 0, 0}));
        }

        @Test
        void filesWithoutBanner() throws IOException {
            assertEntries(read("2 2 1\n1 2 1.5\n"), 2, 2, at(0, 1, 1.5f));
            assertEntries(read("% just a comment\n2 2 1\n1 2 1.5\n"), 2, 2, at(0, 1, 1.5f));
            assertThat(read("1 2\n3\n4\n")).isEqualTo(DenseMatrix.of(1, 2, new float[] {3, 4}));
            refused("%%GraphBLAS type bool\n1 1 1\n1 1 2\n", 3, "'2' is outside bool");
        }

        @Test
        void matricesWithoutEntries() throws IOException {
            assertEntries(read(GENERAL + "3 4 0\n"), 3, 4);
            assertEntries(read(GENERAL + "0 0 0"), 0, 0);
            assertThat(read("%%MatrixMarket matrix array real skew-symmetric\n0 0\n"))
                    .isEqualTo(DenseMatrix.of(0, 0, new float[0]));
        }

        @Test
        void valuesRoundedOnceAndWithoutLimitsWhereTheFileWritesThem() throws IOException {
            // through double the first would round to 1: it lies just above the midpoint of 1 and its successor
            String text = "1.000000059604644775390625000001";
            assertEntries(
                    read(GENERAL + "1 5 5\n1 1 " + text + "\n1 2 -InF\n1 3 infinity\n1 4 1e-50\n1 5 3.4028235e38\n"),
                    1,
                    5,
                    at(0, 0, Math.nextUp(1f)),
                    at(0, 1, Float.NEGATIVE_INFINITY),
                    at(0, 2, Float.POSITIVE_INFINITY),
                    at(0, 3, 0f),
                    at(0, 4, Float.MAX_VALUE));
            CooMatrix nan = (CooMatrix) read(GENERAL + "1 1 1\n1 1 NaN\n");
            assertThat(nan.value(0)).isNaN();
        }

        @ParameterizedTest
        @CsvSource({
            "bool,1,1",
            "int8_t,-128,-128",
            "UINT8_T,255,255",
            "int16_t,-32768,-32768",
            "uint16_t,65535,65535",
            "int32_t,-2147483648,-2147483648",
            "uint32_t,4294967295,4294967296",
            "int64_t,-9223372036854775808,-9223372036854775808",
            "uint64_t,18446744073709551615,18446744073709551616",
            "float,-inf,-Infinity",
            "double,2.5,2.5"
        })
        void typeLinesAllowWhatTheirTypeHolds(String type, String value, float want) throws IOException {
            String text =
                    "%%MatrixMarket matrix coordinate integer general\n%%GraphBLAS type " + type + "\n1 1 1\n1 1 ";
            assertEntries(read(text + value), 1, 1, at(0, 0, want));
        }

        @Test
        void otherCommentsMeanNothing() throws IOException {
            String text =
                    GENERAL + "%%GraphBLAS comment type gunk\n%%Other type gunk\n1 1 1\n%%GraphBLAS type gunk\n1 1 2\n";
            assertEntries(read(text), 1, 1, at(0, 0, 2));
        }

        @Test
        void compressedFilesByTheirContent(@TempDir Path folder) throws IOException {
            Path plain = folder.resolve("plain.mtx.gz");
            Files.writeString(plain, GENERAL + "1 2 1\n1 2 3\n");
            Path packed = folder.resolve("packed.mtx");
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
                out.write(Files.readAllBytes(plain));
            }
            assertEntries(MatrixMarket.read(plain), 1, 2, at(0, 1, 3));
            assertEntries(MatrixMarket.read(packed), 1, 2, at(0, 1, 3));
            assertThat(MatrixMarket.readCsr(packed))
                    .isEqualTo(MatrixMarket.readCoo(plain).toCsr());
        }

        @Test
        void arraysAsSparse(@TempDir Path folder) throws IOException {
            Path file = Files.writeString(
                    folder.resolve("a.mtx"), "%%MatrixMarket matrix array real general\n1 3\n0\n-0.0\n2\n");
            assertEntries(MatrixMarket.readCoo(file), 1, 3, at(0, 1, -0f), at(0, 2, 2));
        }

        @Test
        void linesBeyondOneBuffer() throws IOException {
            int n = 30_000;
            StringBuilder text = new StringBuilder(GENERAL).append(n + " 1 " + n + "\n");
            for (int i = n; i >= 1; i--) {
                text.append(i).append(" 1 ").append(i).append('\n');
            }
            CooMatrix coo = (CooMatrix) read(text.toString());
            for (int i = 0; i < n; i++) {
                assertThat(coo.row(i)).isEqualTo(i);
                assertThat(coo.value(i)).isEqualTo(i + 1);
            }
            refused(text + "7 1 3\n", n + 3L, "more after the 30000 entries");
        }
    }

    @Nested
    class Refuses {

        @ParameterizedTest
        @CsvSource({
            "mangled coordinate real general,object 'mangled'",
            "vector coordinate real general,object 'vector'",
            "matrix mangled real general,format 'mangled'",
            "matrix coordinate mangled general,field 'mangled'",
            "matrix coordinate real mangled,symmetry 'mangled'",
            "matrix coordinate real,symmetry ''",
            "matrix coordinate complex general,field 'complex' is unsupported",
            "matrix coordinate complex hermitian,field 'complex' is unsupported",
            "matrix coordinate real hermitian,hermitian",
            "matrix array pattern general,an array has no pattern",
            "matrix coordinate real general more,'more' follows the banner"
        })
        void banners(String banner, String problem) {
            refused("%%MatrixMarket " + banner + "\n1 1 1\n1 1 1\n", 1, problem);
        }

        @Test
        void aLateBanner() {
            refused("% first\n" + GENERAL + "1 1 1\n1 1 1\n", 2, "not on the first line");
        }

        @Test
        void typeLines() {
            refused(GENERAL + "%%GraphBLAS type gunk\n1 1 0\n", 2, "unknown type 'gunk'");
            refused(GENERAL + "%%GraphBLAS type\n1 1 0\n", 2, "unknown type ''");
            refused(GENERAL + "%%GraphBLAS type float complex\n1 1 0\n", 2, "'float complex' is unsupported");
            for (String unsigned : new String[] {"bool", "uint8_t", "uint64_t"}) {
                refused(
                        "%%MatrixMarket matrix coordinate real skew-symmetric\n%%GraphBLAS type " + unsigned
                                + "\n1 1 0\n",
                        2,
                        "no place for negative values");
            }
        }

        @Test
        void filesWithoutSizes() {
            refused("", 1, "ends before the line of sizes");
            refused(GENERAL, 1, "ends before the line of sizes");
            refused(GENERAL + "% c\n\n", 3, "ends before the line of sizes");
        }

        @Test
        void sizes() {
            refused(GENERAL + "3\n", 2, "the number of columns is missing");
            refused(GENERAL + "3 4\n", 2, "the number of entries is missing");
            refused(GENERAL + "3 x 1\n", 2, "the number of columns is 'x'");
            refused(GENERAL + "-3 4 1\n", 2, "the number of rows is -3");
            refused(GENERAL + "3 4 1 1\n", 2, "'1' follows the sizes");
            refused(GENERAL + "3 4 13\n", 2, "the number of entries is 13", "from 0 to 12");
            refused(GENERAL + "99999999999 4 1\n", 2, "the number of rows is 99999999999");
            refused(GENERAL + "99999999999999999999 4 1\n", 2, "the number of rows is '99999999999999999999'");
            refused("%%MatrixMarket matrix coordinate real symmetric\n3 4 1\n", 2, "3 x 4", "square", "symmetric");
            refused("%%MatrixMarket matrix array real skew-symmetric\n3 4\n", 2, "skew-symmetric");
            refused("%%MatrixMarket matrix array real general\n100000 100000\n", 2, "does not fit an array");
            refused("%%MatrixMarket matrix array real general\n1 2 3\n", 2, "'3' follows the sizes");
        }

        @Test
        void aHugeClaimInASmallFileIsNotBelieved() {
            refused(GENERAL + "2000000000 2000000000 2000000000\n1 1 1\n", 3, "ends after 1 of 2000000000 entries");
            refused("%%MatrixMarket matrix array real general\n40000 40000\n1\n", 3, "1 of 1600000000 elements");
        }

        @Test
        void rowsThatTakeMoreOffsetsThanThereIsMemory(@TempDir Path folder) throws IOException {
            long bytes = Integer.BYTES * 2147483638L;
            assumeThat(Runtime.getRuntime().maxMemory()).isLessThan(bytes);
            Path file = Files.writeString(folder.resolve("tall.mtx"), GENERAL + "2147483638 1 1\n7 1 2\n");
            assertEntries(MatrixMarket.readCoo(file), 2147483638, 1, at(6, 0, 2));
            assertThat(catchThrowableOfType(MatrixFileException.class, () -> MatrixMarket.readCsr(file)))
                    .hasMessageStartingWith(file + ": has 2147483638 rows")
                    .hasMessageContainingAll("; correct the line of sizes", "COO");
        }

        @Test
        void entries() {
            refused(GENERAL + "3 4 1\n4 1 1\n", 3, "the row of an entry is 4", "from 1 to 3");
            refused(GENERAL + "3 4 1\n0 1 1\n", 3, "the row of an entry is 0");
            refused(GENERAL + "3 4 1\n1 5 1\n", 3, "the column of an entry is 5");
            refused(GENERAL + "3 4 1\n1\n", 3, "the column of an entry is missing");
            refused(GENERAL + "3 4 1\n1 1\n", 3, "the value is missing");
            refused(GENERAL + "3 4 1\n1 1 1 1\n", 3, "'1' follows an entry");
            refused(GENERAL + "3 4 1\n1 1 1, 5\n", 3, "',' follows an entry");
            refused("%%MatrixMarket matrix coordinate pattern general\n3 4 1\n1 1 1\n", 3, "'1' follows an entry");
            refused(GENERAL + "3 4 2\n1 1 1\n", 3, "ends after 1 of 2 entries");
            refused(GENERAL + "3 4 2\n1 1 1\n% c\n", 4, "ends after 1 of 2 entries");
            refused(GENERAL + "3 4 1\n1 1 1\n\n2 2 2\n", 5, "more after the 1 entries");
            refused("%%MatrixMarket matrix array real general\n1 2\n1 2\n", 3, "'2' follows an element");
            refused("%%MatrixMarket matrix array real general\n1 2\n1\n2\n3\n", 5, "more after the 2 elements");
            refused(GENERAL + "1 1 1\n1 1 " + "1".repeat(300) + "\n", 3, "a word of more than 256 characters");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"forty", "1f", "0x1p3", "1d", "--1", "1e", "+", "-", ".", "1-2", "nan(1)", "\u0001", "1D5"})
        void realValues(String value) {
            refused(GENERAL + "1 1 1\n1 1 " + value + "\n", 3, "is not a number");
        }

        @Test
        void valuesBeyondF32() {
            refused(GENERAL + "1 1 1\n1 1 -1e39\n", 3, "'-1e39' is beyond the range of f32");
            String integer = "%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 ";
            refused(integer + "1" + "0".repeat(40), 3, "beyond the range of f32");
            refused(integer + "1.5", 3, "'1.5' is not an integer");
            refused(integer + "inf", 3, "'inf' is not an integer");
            refused(integer + "-", 3, "'-' is not an integer");
        }

        @ParameterizedTest
        @CsvSource({
            "bool,2",
            "bool,-1",
            "int8_t,128",
            "uint8_t,256",
            "int16_t,-32769",
            "uint16_t,65536",
            "int32_t,2147483648",
            "uint32_t,-1",
            "int64_t,9223372036854775808",
            "uint64_t,18446744073709551616",
            "uint64_t,-1"
        })
        void valuesOutsideThePromisedType(String type, String value) {
            refused(
                    GENERAL + "%%GraphBLAS type " + type + "\n1 1 1\n1 1 " + value,
                    4,
                    "'" + value + "' is outside " + type);
            refused(GENERAL + "%%GraphBLAS type " + type + "\n1 1 1\n1 1 1.5", 4, "'1.5' is not an integer");
        }

        @Test
        void duplicatesByTheirLines() {
            refused(GENERAL + "3 3 3\n2 2 1\n% c\n\n1 1 1\n2 2 5\n", 7, "element (2, 2) is already on line 3");
            String symmetric = "%%MatrixMarket matrix coordinate real symmetric\n3 3 3\n";
            refused(symmetric + "3 1 1\n1 1 1\n% c\n1 3 1\n", 6, "mirror image is already on line 3");
            refused(symmetric + "3 1 1\n2 2 1\n2 2 1\n", 5, "element (2, 2)", "already on line 4");
        }

        @Test
        void aSkewDiagonal() {
            refused("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 2 0\n", 3, "zero diagonal");
        }

        @Test
        void damagedCompression() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (OutputStream out = new GZIPOutputStream(bytes)) {
                out.write((GENERAL + "1 1 1\n1 1 1\n").getBytes(StandardCharsets.US_ASCII));
            }
            byte[] whole = bytes.toByteArray();
            for (int length : new int[] {2, 9, whole.length / 2, whole.length - 1}) {
                ByteArrayInputStream cut = new ByteArrayInputStream(whole, 0, length);
                assertThat(catchThrowableOfType(MatrixFileException.class, () -> MatrixMarket.read(cut, "cut.gz")))
                        .isNotNull()
                        .hasMessageStartingWith("cut.gz:")
                        .hasMessageContaining("again");
            }
            whole[whole.length - 6] ^= 1;
            ByteArrayInputStream flipped = new ByteArrayInputStream(whole);
            assertThat(catchThrowableOfType(MatrixFileException.class, () -> MatrixMarket.read(flipped, "flip.gz")))
                    .isNotNull()
                    .hasMessageContaining("damaged");
        }

        @Test
        void pathsThatAreNoFile(@TempDir Path folder) {
            Path missing = folder.resolve("none.mtx");
            assertThat(catchThrowableOfType(MatrixFileException.class, () -> MatrixMarket.read(missing)))
                    .hasMessage(missing + ": no such file; check the path");
            assertThat(catchThrowableOfType(MatrixFileException.class, () -> MatrixMarket.read(folder)))
                    .hasMessageContainingAll(folder.toString(), "is a folder");
        }
    }
}
