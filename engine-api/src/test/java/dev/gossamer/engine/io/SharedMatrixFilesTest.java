package dev.gossamer.engine.io;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gossamer.engine.sparse.CooMatrix;
import dev.gossamer.engine.sparse.DenseMatrix;
import dev.gossamer.engine.sparse.HostMatrix;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** Real files, good and mangled, against an independent reader's answers. */
class SharedMatrixFilesTest {

    /** The line where each malformed file goes wrong, found by reading it. */
    private static final Map<String, Integer> MANGLED = Map.ofEntries(
            entry("mangled1.mtx", 1),
            entry("mangled2.mtx", 1),
            entry("mangled3.mtx", 1),
            entry("mangled4.mtx", 1),
            entry("mangled5.mtx", 1),
            entry("mangled6.mtx", 1),
            entry("mangled7.mtx", 2),
            entry("mangled8.mtx", 4),
            entry("mangled9.mtx", 4),
            entry("mangled10.mtx", 6),
            entry("mangled11.mtx", 5),
            entry("mangled12.mtx", 5),
            entry("mangled13.mtx", 7),
            entry("mangled14.mtx", 8),
            entry("mangled15.mtx", 2),
            entry("mangled16.mtx", 2),
            entry("mangled_bool.mtx", 10),
            entry("mangled_format.mtx", 1),
            entry("mangled_int8.mtx", 8),
            entry("mangled_int16.mtx", 8),
            entry("mangled_int32.mtx", 8),
            entry("mangled_skew.mtx", 2),
            entry("mangled_uint8.mtx", 9),
            entry("mangled_uint16.mtx", 9),
            entry("mangled_uint32.mtx", 9));

    private record Expected(String file, String format, int rows, int cols, long nnz, String crc) {}

    private static List<Expected> expected() throws IOException {
        List<Expected> rows = new ArrayList<>();
        try (InputStream in = SharedMatrixFilesTest.class.getResourceAsStream("matrix-market.csv")) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
                List<String> f = List.of(line.split(",", -1));
                rows.add(new Expected(
                        f.get(0),
                        f.get(1),
                        Integer.parseInt(f.get(2)),
                        Integer.parseInt(f.get(3)),
                        Long.parseLong(f.get(4)),
                        f.get(5)));
            }
        }
        return rows;
    }

    @Test
    void everyFileOfTheFolderIsExpected() throws IOException {
        Path folder = SharedData.folder("matrix-market");
        TreeSet<String> known = new TreeSet<>(MANGLED.keySet());
        expected().forEach(e -> known.add(e.file()));
        known.add("complex.mtx");
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString()).filter(f -> f.contains(".mtx")))
                    .containsExactlyInAnyOrderElementsOf(known);
        }
    }

    @Test
    void goodFilesLoadToTheRightValues() throws IOException {
        Path folder = SharedData.folder("matrix-market");
        SoftAssertions soft = new SoftAssertions();
        for (Expected want : expected()) {
            HostMatrix got = MatrixMarket.read(folder.resolve(want.file()));
            String format = got instanceof DenseMatrix ? "array" : "coordinate";
            soft.assertThat(new Expected(want.file(), format, got.rows(), got.cols(), got.nnz(), crc(got)))
                    .isEqualTo(want);
        }
        soft.assertAll();
    }

    private static String crc(HostMatrix matrix) {
        CooMatrix coo = matrix instanceof DenseMatrix dense
                ? dense.gather(SparsityPattern.full(dense.rows(), dense.cols())).toCoo()
                : matrix.toCoo();
        ByteBuffer bytes = ByteBuffer.allocate(12 * (int) coo.nnz()).order(ByteOrder.LITTLE_ENDIAN);
        for (int p = 0; p < coo.nnz(); p++) {
            bytes.putInt(coo.row(p)).putInt(coo.col(p)).putFloat(coo.value(p));
        }
        CRC32 crc = new CRC32();
        crc.update(bytes.flip());
        return String.format("%08x", crc.getValue());
    }

    @Test
    void mangledFilesAreRefusedNamingFileAndLine() {
        Path folder = SharedData.folder("matrix-market");
        SoftAssertions soft = new SoftAssertions();
        MANGLED.forEach((name, line) -> {
            Path file = folder.resolve(name);
            MatrixFileException e = catchThrowableOfType(MatrixFileException.class, () -> MatrixMarket.read(file));
            soft.assertThat(e).as(name).isNotNull();
            if (e != null) {
                soft.assertThat(e)
                        .hasMessageStartingWith(file + ":" + line + ": ")
                        .hasMessageContaining("; ");
                soft.assertThat(e.line()).isEqualTo((long) line);
            }
        });
        soft.assertAll();
    }

    @Test
    void complexIsUnsupportedNotMalformed() {
        Path file = SharedData.folder("matrix-market").resolve("complex.mtx");
        assertThat(catchThrowableOfType(MatrixFileException.class, () -> MatrixMarket.read(file)))
                .hasMessageStartingWith(file + ":1: ")
                .hasMessageContaining("'complex' is unsupported");
    }

    @Test
    void deepLearningPatternsMatchTheirIndex() throws IOException {
        Path folder = SharedData.folder("dlmc");
        List<String> lines = Files.readAllLines(folder.resolve("index.csv"));
        assertThat(lines.getFirst())
                .isEqualTo("model,method,sparsity,name,rows,cols,nnz,actual_sparsity,sorted_cols,gz_bytes");
        assertThat(lines).hasSizeGreaterThan(50);
        SoftAssertions soft = new SoftAssertions();
        for (String line : lines.subList(1, lines.size())) {
            String[] f = line.split(",", -1);
            SparsityPattern p = Smtx.read(folder.resolve(String.join("/", f[0], f[1], f[2], f[3] + ".smtx.gz")));
            soft.assertThat(List.of(p.rows(), p.cols(), p.nnz()))
                    .as(line)
                    .isEqualTo(List.of(Integer.parseInt(f[4]), Integer.parseInt(f[5]), Long.parseLong(f[6])));
            soft.assertThat(p.sparsity()).as(line).isCloseTo(Double.parseDouble(f[7]), within(5.1e-5));
        }
        soft.assertAll();
    }

    private static org.assertj.core.data.Offset<Double> within(double offset) {
        return org.assertj.core.data.Offset.offset(offset);
    }
}
