package dev.gossamer.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SmtxTest {

    private static final SparsityPattern WANT = SparsityPattern.of(3, 4, new int[] {0, 2, 2, 3}, new int[] {1, 3, 0});

    private static SparsityPattern read(String text) throws IOException {
        return Smtx.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "test.smtx");
    }

    private static void refused(String text, long line, String... words) {
        MatrixFileException e = catchThrowableOfType(MatrixFileException.class, () -> read(text));
        assertThat(e).as(text).isNotNull().hasMessageContainingAll(words);
        assertThat(e).hasMessageMatching("test\\.smtx:" + line + ": [^;]+; .+");
    }

    @Test
    void readsTheThreeLines() throws IOException {
        assertThat(read("3, 4, 3\n0 2 2 3\n1 3 0\n")).isEqualTo(WANT);
        assertThat(read("3, 4, 3\n0 2 2 3 \n1 3 0 ")).isEqualTo(WANT);
        assertThat(read("3,4,3\r\n0 2 2 3\r\n1 3 0\r\n\r\n")).isEqualTo(WANT);
        assertThat(read("3 4 3\n0 2 2 3\n1 3 0")).isEqualTo(WANT);
    }

    @Test
    void sortsColumnsWithinARow() throws IOException {
        assertThat(read("3, 4, 3\n0 2 2 3\n3 1 0\n")).isEqualTo(WANT);
    }

    @Test
    void readsPatternsWithoutEntries() throws IOException {
        assertThat(read("2, 3, 0\n0 0 0\n\n")).isEqualTo(SparsityPattern.empty(2, 3));
        assertThat(read("2, 3, 0\n0 0 0")).isEqualTo(SparsityPattern.empty(2, 3));
        assertThat(read("0, 0, 0\n0\n")).isEqualTo(SparsityPattern.empty(0, 0));
    }

    @Test
    void readsCompressedFiles(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("p.smtx.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("3, 4, 3\n0 2 2 3\n1 3 0\n".getBytes(StandardCharsets.US_ASCII));
        }
        assertThat(Smtx.read(file)).isEqualTo(WANT);
    }

    @Test
    void refusesBadSizes() {
        refused("", 1, "the number of rows is missing");
        refused("3, 4\n", 1, "the number of entries is missing");
        refused("3,, 4, 3\n", 1, "the number of columns is missing");
        refused("3, four, 3\n", 1, "the number of columns is 'four'");
        refused("3, 4, 13\n", 1, "the number of entries is 13", "from 0 to 12");
        refused("-1, 4, 0\n", 1, "the number of rows is -1");
        refused("3, 4, 3, 5\n", 1, "',' follows the sizes");
    }

    @Test
    void refusesBadOffsets() {
        refused("3, 4, 3\n0 2 3\n1 3 0\n", 2, "the line ends after 3 of 4 row offsets");
        refused("3, 4, 3\n0 2 2 3 3\n1 3 0\n", 2, "'3' follows the row offsets");
        refused("3, 4, 3\n0 2 1 3\n1 3 0\n", 2, "row offset 2 is 1", "from 2 to 3");
        refused("3, 4, 3\n1 2 2 3\n1 3 0\n", 2, "row offset 0 is 1");
        refused("3, 4, 3\n0 2 2 4\n1 3 0\n", 2, "row offset 3 is 4");
        refused("3, 4, 3\n0 2 2 2\n1 3 0\n", 2, "the last row offset is 2", "promise 3");
        refused("3, 4, 3\n0 2 x 3\n1 3 0\n", 2, "row offset 2 is 'x'");
        refused("3, 4, 3", 1, "the line ends after 0 of 4 row offsets");
        refused("2147483000, 4, 3\n0 1\n", 2, "the line ends after 2 of 2147483001 row offsets");
    }

    @Test
    void refusesBadColumns() {
        refused("3, 4, 3\n0 2 2 3\n1 3\n", 3, "the line ends after 2 of 3 column indices");
        refused("3, 4, 3\n0 2 2 3\n1 3 4\n", 3, "column index 2 is 4", "from 0 to 3");
        refused("3, 4, 3\n0 2 2 3\n1 3 -1\n", 3, "column index 2 is -1");
        refused("3, 4, 3\n0 2 2 3\n1 1 0\n", 3, "row 0 lists column 1 twice");
        refused("3, 4, 3\n0 2 2 3\n1 3 0 2\n", 3, "'2' follows the column indices");
        refused("3, 4, 3\n0 2 2 3\n1 3 0\n0.5 0.1 0.2\n", 4, "'0.5' follows the column indices");
    }

    @Test
    void refusesMissingFiles(@TempDir Path folder) {
        Path missing = folder.resolve("none.smtx");
        assertThat(catchThrowableOfType(MatrixFileException.class, () -> Smtx.read(missing)))
                .hasMessage(missing + ": no such file; check the path");
    }
}
