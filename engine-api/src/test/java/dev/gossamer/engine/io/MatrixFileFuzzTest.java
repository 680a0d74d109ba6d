package dev.gossamer.engine.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gossamer.engine.sparse.CooMatrix;
import dev.gossamer.engine.sparse.DenseMatrix;
import dev.gossamer.engine.sparse.HostMatrix;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Damaged and forged Matrix Market and smtx files, compressed or not: a {@link MatrixFileException} that names the file, or a
 * matrix that is read back the same when it is written again; at once, and without memory for what a size line announces.
 * {@code -Dgossamer.fuzz.messages=1000000} for as many of each, {@code -Dgossamer.fuzz.seed} for others.
 */
class MatrixFileFuzzTest {

    private static final int FILES = Integer.getInteger("gossamer.fuzz.messages", 10_000);
    private static final long SEED = Long.getLong("gossamer.fuzz.seed", 1);
    private static final long MAX_ALLOCATION = 4 << 20;
    private static final long MAX_NANOS = 10_000_000_000L;
    private static final String NAME = "fuzz.file";
    private static final List<String> MARKET = List.of(
            "%%MatrixMarket matrix coordinate real general\n% c\n3 4 4\n1 2 0.5\n3 1 -1e-3\n2 2 inf\n1 1 7\n",
            "%%MatrixMarket matrix coordinate integer symmetric\n%%GraphBLAS type int8_t\n3 3 3\n1 1 -7\n3 1 127\n3 2 5\n",
            "%%MatrixMarket matrix coordinate pattern general\r\n3 4 3\r\n1 2\r\n3 4\r\n2 2\r\n",
            "%%MatrixMarket matrix coordinate real skew-symmetric\n3 3 2\n2 1 1.5\n3 1 2\n",
            "%%MatrixMarket matrix array real general\n2 3\n1\n2\n\n3\n4\n5\n6\n",
            "%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n3\n",
            "%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n",
            "%%MatrixMarket matrix array real general\n3 1\n1\n2\n3\n",
            "%%MatrixMarket matrix coordinate real general\n2147483638 2 2\n1 2 3\n2147483638 1 1\n",
            "2 3\n1\n2\n3\n4\n5\n6\n",
            "4 4 2\n1 2 3\n4 4 1\n");
    private static final List<String> SMTX = List.of(
            "3, 4, 5\n0 2 2 5 \n1 3 0 2 3 \n",
            "2, 3, 0\n0 0 0\n\n",
            "3 4 3\r\n0 2 2 3\r\n3 1 0\r\n",
            "0, 5, 0\n0\n",
            "2, 2147483647, 2\n0 1 2\n0 2147483646\n");
    private static final String[] PIECES = {
        "0",
        "-1",
        "1",
        "9",
        "16777216",
        "100000000",
        "1999999999",
        "2147483638",
        "2147483639",
        "2147483647",
        "2147483648",
        "4294967296",
        "9223372036854775807",
        "99999999999999999999",
        "1e39",
        "nan",
        "-inf",
        "0x1p3",
        " ",
        "\n",
        "\r",
        "\t",
        ",",
        "%",
        "%%GraphBLAS type uint64_t\n",
        "%%MatrixMarket matrix array real general\n",
        "symmetric",
        "skew-symmetric",
        "pattern",
        "array",
        "coordinate",
        "\u0000",
        "\u00ff",
        "1".repeat(300)
    };
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final SplittableRandom random = new SplittableRandom(SEED);

    /** Reads a file and checks what it read. */
    @FunctionalInterface
    private interface Reader {
        void read(byte[] file) throws IOException;
    }

    @Test
    void matrixMarketFilesAreRefusedOrMatrices() throws IOException {
        fuzz(MARKET, file -> {
            HostMatrix matrix = MatrixMarket.read(new ByteArrayInputStream(file), NAME);
            byte[] again = latin1(text(matrix));
            assertThat(MatrixMarket.read(new ByteArrayInputStream(again), "again"))
                    .isEqualTo(matrix);
        });
    }

    @Test
    void smtxFilesAreRefusedOrPatterns() throws IOException {
        fuzz(SMTX, file -> {
            SparsityPattern pattern = Smtx.read(new ByteArrayInputStream(file), NAME);
            byte[] again = latin1(text(pattern));
            assertThat(Smtx.read(new ByteArrayInputStream(again), "again")).isEqualTo(pattern);
        });
    }

    private void fuzz(List<String> good, Reader reader) throws IOException {
        int accepted = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bad = mutated(good);
            long allocated = THREADS.getCurrentThreadAllocatedBytes();
            long start = System.nanoTime();
            boolean isGood = outcome(i, bad, reader);
            long nanos = System.nanoTime() - start;
            allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
            if (nanos > MAX_NANOS || allocated > MAX_ALLOCATION) {
                throw failure(i, bad, allocated + " bytes allocated, " + nanos + " ns", null);
            }
            accepted += isGood ? 1 : 0;
        }
        // Blanks and values may be any, so that some forgeries are matrices; most are not.
        assertThat(accepted).isBetween(FILES / 100, FILES / 2);
    }

    private static boolean outcome(int index, byte[] file, Reader reader) {
        try {
            reader.read(file);
            return true;
        } catch (MatrixFileException e) {
            assertThat(e).hasMessageStartingWith(NAME + ":");
            return false;
        } catch (IOException | RuntimeException | Error e) {
            throw failure(index, file, "escaped", e);
        }
    }

    private static AssertionError failure(int index, byte[] file, String what, @Nullable Throwable cause) {
        String text = new String(file, StandardCharsets.ISO_8859_1);
        return new AssertionError("Seed " + SEED + ", file " + index + ": " + what + ":\n" + text, cause);
    }

    // ---- mutations
    // ---------------------------------------------------------------------------------------------------

    private byte[] mutated(List<String> good) throws IOException {
        String text = good.get(random.nextInt(good.size()));
        int packing = random.nextInt(8);
        if (packing == 0) {
            return mutated(gzip(latin1(text)));
        }
        byte[] file = mutated(latin1(text));
        return packing == 1 ? gzip(file) : file;
    }

    private byte[] mutated(byte[] good) {
        byte[] file = good.clone();
        for (int times = random.nextInt(1, 4); times > 0; times--) {
            int at = random.nextInt(file.length + 1);
            int to = Math.min(file.length, at + random.nextInt(1, 12));
            file = switch (random.nextInt(8)) {
                case 0 -> flipped(file);
                case 1, 2 -> spliced(file, at, piece(), at);
                case 3, 4 -> replacedNumber(file);
                case 5 -> spliced(file, at, new byte[0], to);
                case 6 -> spliced(file, random.nextInt(file.length + 1), Arrays.copyOfRange(file, at, to), -1);
                default -> random.nextInt(3) == 0 ? Arrays.copyOf(file, at) : flipped(file);
            };
        }
        return file;
    }

    private byte[] flipped(byte[] file) {
        if (file.length > 0) {
            file[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return file;
    }

    /** A piece in place of a word. */
    private byte[] replacedNumber(byte[] file) {
        int from = random.nextInt(file.length + 1);
        while (from < file.length && (file[from] < '0' || file[from] > '9')) {
            from++;
        }
        int to = from;
        while (to < file.length && file[to] >= '0' && file[to] <= '9') {
            to++;
        }
        return spliced(file, from, piece(), to);
    }

    private byte[] piece() {
        return latin1(PIECES[random.nextInt(PIECES.length)]);
    }

    /** Bytes in place of those from {@code at} to {@code to}; none are taken away if that is negative. */
    private static byte[] spliced(byte[] file, int at, byte[] between, int to) {
        int rest = to < 0 ? at : to;
        byte[] all = Arrays.copyOf(file, at + between.length + file.length - rest);
        System.arraycopy(between, 0, all, at, between.length);
        System.arraycopy(file, rest, all, at + between.length, file.length - rest);
        return all;
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    // ---- writing
    // -----------------------------------------------------------------------------------------------------

    private static String text(HostMatrix matrix) {
        StringBuilder text = new StringBuilder("%%MatrixMarket matrix ");
        switch (matrix) {
            case DenseMatrix dense -> {
                text.append("array real general\n").append(dense.rows() + " " + dense.cols() + "\n");
                // A matrix without rows may have two thousand million columns.
                for (int c = 0; c < (dense.rows() == 0 ? 0 : dense.cols()); c++) {
                    for (int r = 0; r < dense.rows(); r++) {
                        text.append(value(dense.get(r, c)));
                    }
                }
            }
            case CooMatrix coo -> {
                text.append("coordinate real general\n").append(coo.rows() + " " + coo.cols() + " " + coo.nnz() + "\n");
                for (int p = 0; p < coo.nnz(); p++) {
                    text.append((coo.row(p) + 1) + " " + (coo.col(p) + 1) + " " + value(coo.value(p)));
                }
            }
            default -> throw new AssertionError(matrix.getClass());
        }
        return text.toString();
    }

    private static String value(float value) {
        return (Float.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : Float.isNaN(value) ? "nan" : value) + "\n";
    }

    private static String text(SparsityPattern pattern) {
        StringBuilder text = new StringBuilder(pattern.rows() + ", " + pattern.cols() + ", " + pattern.nnz() + "\n");
        for (int r = 0; r <= pattern.rows(); r++) {
            text.append(r == pattern.rows() ? pattern.nnz() : pattern.rowStart(r))
                    .append(' ');
        }
        text.append('\n');
        for (int p = 0; p < pattern.nnz(); p++) {
            text.append(pattern.col(p)).append(' ');
        }
        return text.toString();
    }
}
