package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxReaderTest {

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void readsPlainAndCompressedFilesAlike() throws IOException {
        byte[] images = images(5, 3, 4);
        byte[] labels = labels(0, 9, 3, 3, 1);
        Split plain = read(images, labels);
        Split packed = read(gzip(images), gzip(labels));
        for (Split split : new Split[] {plain, packed}) {
            assertThat(split.count()).isEqualTo(5);
            assertThat(split.one().height()).isEqualTo(3);
            assertThat(split.one().width()).isEqualTo(4);
            assertThat(split.labelArray()).containsExactly(0, 9, 3, 3, 1);
            assertThat(split.pixel(2, 6)).isEqualTo(images[16 + 30] & 0xFF).isGreaterThan(127);
            assertThat(split.pixel(1, 0)).isEqualTo(images[16 + 12] & 0xFF);
            assertThat(split.images().isReadOnly()).isTrue();
        }
    }

    @Test
    void truncationAtAnyLengthIsRefusedByName() throws IOException {
        byte[] images = images(5, 3, 4);
        byte[] labels = labels(0, 9, 3, 3, 1);
        for (int length = 0; length < images.length; length++) {
            byte[] cut = Arrays.copyOf(images, length);
            refused(cut, labels, "images.idx", "again");
        }
        refused(Arrays.copyOf(images, 40), labels, "announces 60 bytes", "only 24", "cut off");
        for (int length = 0; length < labels.length; length++) {
            byte[] cut = Arrays.copyOf(labels, length);
            refused(images, cut, "labels.idx", "again");
        }
        byte[] packed = gzip(images);
        for (int length = 3; length < packed.length; length++) {
            byte[] cut = Arrays.copyOf(packed, length);
            refused(cut, labels, "images.idx", "again");
        }
    }

    @Test
    void damagedGzipDataAreRefused() throws IOException {
        byte[] packed = gzip(images(5, 3, 4));
        packed[packed.length - 8] ^= 1;
        refused(packed, labels(0, 0, 0, 0, 0), "images.idx", "gzip data are damaged", "again");
    }

    @Test
    void imagesThatUnpackToAHundredTimesTheirSizeAreRead() throws IOException {
        byte[] images = new byte[16 + 10_000];
        ByteBuffer.wrap(images).putInt(0x0803).putInt(1).putInt(100).putInt(100);
        assertThat(gzip(images)).hasSizeLessThan(images.length / 100);
        assertThat(read(gzip(images), labels(3)).pixel(0, 9_999)).isZero();
        refused(gzip(Arrays.copyOf(images, 9_000)), labels(3), "announces 10000 bytes", "only 8984", "cut off");
    }

    @Test
    void whatIsWrongIsNamed() throws IOException {
        byte[] images = images(5, 3, 4);
        byte[] labels = labels(0, 9, 3, 3, 1);
        refused(labels, images, "images.idx", "00000803", "00000801", "swapped");
        refused(images, labels(1, 2, 3, 4), "labels.idx", "4 labels", "5 images", "belong together");
        refused(images, labels(1, 2, 10, 4, 4), "labels.idx", "label 2 is 10", "10 classes, 0 to 9");
        refused(Arrays.copyOf(images, images.length + 1), labels, "images.idx", "more data follow the 60 bytes");
        refused(edited(images, 4, -1), labels, "images.idx", "4294967295");
        refused(edited(images, 8, 0), labels, "images.idx", "dimension");
        refused(edited(images, 4, 1 << 30), labels, "images.idx", "1073741824 x 3 x 4", "can hold");
        refused(edited(edited(images, 8, 1 << 30), 12, 1 << 30), labels, "images.idx", "impossible");
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> IdxReader.read(folder.resolve("none"), folder.resolve("none"), 10, arena))
                .withMessageContaining("none: no such file");
    }

    // ---- whole data sets
    // ---------------------------------------------------------------------------------------------

    @Test
    void findsTheFourFilesInTheFolderOrItsSubFolder() throws IOException {
        writeSet(folder.resolve("fashion-mnist"), true);
        writeSet(folder.resolve("own"), false);
        try (Dataset sub = FashionMnist.load(folder);
                Dataset own = Mnist.load(folder.resolve("own"))) {
            for (Dataset set : new Dataset[] {sub, own}) {
                assertThat(set.train().count()).isEqualTo(20);
                assertThat(set.test().count()).isEqualTo(10);
                assertThat(set.classes()).isEqualTo(10);
                assertThat(set.one().features()).isEqualTo(784);
                assertThat(set.transform().scale()).containsExactly(1f / 256);
            }
            assertThat(sub.name()).isEqualTo("fashion-mnist");
            assertThat(own.name()).isEqualTo("mnist");
        }
    }

    @Test
    void aClosedDataSetCannotBeRead() throws IOException {
        writeSet(folder.resolve("mnist"), true);
        Dataset set = Mnist.load(folder);
        assertThat(set.train().label(1)).isEqualTo(1);
        set.close();
        assertThatIllegalStateException().isThrownBy(() -> set.train().label(1));
    }

    @Test
    void missingFilesAreNamedWithAllPathsAndTheRemedy() throws IOException {
        writeSet(folder.resolve("fashion-mnist"), true);
        Files.delete(folder.resolve("fashion-mnist/t10k-labels-idx1-ubyte.gz"));
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> FashionMnist.load(folder))
                .satisfies(e -> assertThat(e.getMessage())
                        .contains(
                                folder.resolve("fashion-mnist/t10k-labels-idx1-ubyte")
                                        .toString(),
                                folder.resolve("fashion-mnist/t10k-labels-idx1-ubyte.gz")
                                        .toString(),
                                folder.resolve("t10k-labels-idx1-ubyte").toString(),
                                "https://github.com/zalandoresearch/fashion-mnist",
                                "--data",
                                "--dataset strokes"));
    }

    @Test
    void imagesOfAnotherSizeAreRefused() throws IOException {
        writeSet(folder, false);
        Files.write(folder.resolve("t10k-images-idx3-ubyte"), images(10, 32, 32));
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> Mnist.load(folder))
                .withMessageContaining("t10k-images-idx3-ubyte")
                .withMessageContaining("32 x 32")
                .withMessageContaining("28 x 28");
    }

    // ---- helpers
    // -----------------------------------------------------------------------------------------------------

    private Split read(byte[] images, byte[] labels) throws IOException {
        Path imageFile = Files.write(folder.resolve("images.idx"), images);
        Path labelFile = Files.write(folder.resolve("labels.idx"), labels);
        return IdxReader.read(imageFile, labelFile, 10, arena);
    }

    private void refused(byte[] images, byte[] labels, String... parts) throws IOException {
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> read(images, labels))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    private static void writeSet(Path where, boolean compressed) throws IOException {
        Files.createDirectories(where);
        String suffix = compressed ? ".gz" : "";
        for (String part : new String[] {"train", "t10k"}) {
            int count = part.equals("train") ? 20 : 10;
            byte[] images = images(count, 28, 28);
            byte[] labels = labels(
                    java.util.stream.IntStream.range(0, count).map(i -> i % 10).toArray());
            Files.write(where.resolve(part + "-images-idx3-ubyte" + suffix), compressed ? gzip(images) : images);
            Files.write(where.resolve(part + "-labels-idx1-ubyte" + suffix), compressed ? gzip(labels) : labels);
        }
    }

    private static byte[] images(int count, int height, int width) {
        ByteBuffer out = ByteBuffer.allocate(16 + count * height * width);
        out.putInt(0x0803).putInt(count).putInt(height).putInt(width);
        for (int i = 0; out.hasRemaining(); i++) {
            out.put((byte) (i * 5 + 7));
        }
        return out.array();
    }

    private static byte[] labels(int... labels) {
        ByteBuffer out = ByteBuffer.allocate(8 + labels.length);
        out.putInt(0x0801).putInt(labels.length);
        Arrays.stream(labels).forEach(label -> out.put((byte) label));
        return out.array();
    }

    private static byte[] edited(byte[] file, int at, int value) {
        byte[] copy = file.clone();
        ByteBuffer.wrap(copy).putInt(at, value);
        return copy;
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
