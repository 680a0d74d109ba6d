package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.SharedData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarTest {

    private static final int PIXELS = 3 * 32 * 32;

    @TempDir
    Path folder;

    @Test
    void cifar10TakesTheBatchesThatAreThere() throws IOException {
        write("cifar10/data_batch_1.bin", records(1, 7, 3, 9));
        write("cifar10/data_batch_4.bin.gz", gzip(records(1, 0, 5)));
        write("cifar10/test_batch.bin", records(1, 8));

        try (Dataset data = Cifar10.load(folder)) {
            assertThat(data.name()).isEqualTo("cifar10");
            assertThat(data.classes()).isEqualTo(10);
            assertThat(data.one()).isEqualTo(new Shape(3, 32, 32, 1));
            assertThat(data.train().labelArray()).containsExactly(7, 3, 9, 0, 5);
            assertThat(data.test().labelArray()).containsExactly(8);
            for (int pixel = 0; pixel < PIXELS; pixel++) {
                assertThat(data.train().pixel(1, pixel)).isEqualTo(pixel(1, pixel));
                assertThat(data.train().pixel(4, pixel)).isEqualTo(pixel(1, pixel));
                assertThat(data.test().pixel(0, pixel)).isEqualTo(pixel(0, pixel));
            }
            assertThat(data.extent())
                    .isEqualTo("2 of 5 training files, 5 of 50,000 training images, 1 of 10,000 test images");
        }
    }

    @Test
    void cifar100TakesTheFineLabel() throws IOException {
        write("cifar-100-binary/train.bin", records(2, 99, 0, 41));
        write("cifar-100-binary/test.bin.gz", gzip(records(2, 12, 13)));

        try (Dataset data = Cifar100.load(folder)) {
            assertThat(data.name()).isEqualTo("cifar100");
            assertThat(data.classes()).isEqualTo(100);
            assertThat(data.train().labelArray()).containsExactly(99, 0, 41);
            assertThat(data.test().labelArray()).containsExactly(12, 13);
            assertThat(data.train().pixel(2, 1024)).isEqualTo(pixel(2, 1024));
            assertThat(data.test().pixel(1, PIXELS - 1)).isEqualTo(pixel(1, PIXELS - 1));
        }
    }

    @Test
    void damagedFilesAreRefusedByName() throws IOException {
        byte[] good = records(1, 1, 2, 3);
        write("data_batch_1.bin", good);
        write("data_batch_2.bin", good);
        write("test_batch.bin", good);
        for (int length : new int[] {0, 1, 3072, 3074, good.length - 1}) {
            write("data_batch_2.bin", Arrays.copyOf(good, length));
            refused("data_batch_2.bin", "holds " + length + " bytes", "3073 bytes", "again");
        }
        byte[] wrongClass = good.clone();
        wrongClass[2 * 3073] = 10;
        write("data_batch_2.bin", wrongClass);
        refused("data_batch_2.bin", "class of record 2 is 10", "0 to 9");
        byte[] packed = gzip(good);
        write("data_batch_2.bin", Arrays.copyOf(packed, packed.length - 9));
        refused("data_batch_2.bin", "gzip", "cut off");
        write("data_batch_2.bin", good);
        write("test_batch.bin", Arrays.copyOf(good, 5000));
        refused("test_batch.bin", "holds 5000 bytes");
    }

    @Test
    void aRecordOfTheOtherDataSetIsOfTheWrongSize() throws IOException {
        write("train.bin", records(1, 1, 2));
        write("test.bin", records(2, 1));

        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> Cifar100.load(folder))
                .withMessageContaining("train.bin: holds 6146 bytes")
                .withMessageContaining("3074");
    }

    @Test
    void whatIsMissingIsNamedWithTheRemedy() throws IOException {
        assertThatExceptionOfType(MissingDataException.class)
                .isThrownBy(() -> Cifar10.load(folder))
                .withMessageContaining(
                        folder.resolve("cifar10/data_batch_1.bin.gz").toString())
                .withMessageContaining("gossamer data fetch cifar10 --data " + folder)
                .withMessageContaining("https://www.cs.toronto.edu/~kriz/cifar.html")
                .withMessageContaining("--data");
        write("cifar10/data_batch_3.bin", records(1, 1));
        assertThatExceptionOfType(MissingDataException.class)
                .isThrownBy(() -> Cifar10.load(folder))
                .withMessageContaining(folder.resolve("cifar10/test_batch.bin").toString());
    }

    @Test
    void theSharedBatchesAreTheOfficialOnes() {
        Path shared = SharedData.folder("cifar10").getParent();
        try (Dataset data = Cifar10.load(shared)) {
            assertThat(data.train().count()).isEqualTo(20_000);
            assertThat(data.test().count()).isEqualTo(1_000);
            assertThat(data.extent())
                    .isEqualTo("2 of 5 training files, 20,000 of 50,000 training images, 1,000 of 10,000 test images");
            // The first image is a frog, the first test image a cat; both start with the published pixels.
            assertThat(data.train().label(0)).isEqualTo(6);
            assertThat(data.train().pixel(0, 0)).isEqualTo(59);
            assertThat(data.train().pixel(0, 1024)).isEqualTo(62);
            assertThat(data.train().pixel(0, 2048)).isEqualTo(63);
            assertThat(data.test().label(0)).isEqualTo(3);
            // Within 0.005 of what all 50,000 images have.
            assertThat(data.transform().scale().get(0) * 255 * 0.2470f).isBetween(0.98f, 1.02f);
            assertThat(-data.transform().shift().get(1) * 0.2435f).isBetween(0.477f, 0.487f);
        }
    }

    // ---- helpers
    // -----------------------------------------------------------------------------------------------------

    private void refused(String... parts) {
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> Cifar10.load(folder))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    private void write(String file, byte[] content) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.write(path, content);
    }

    private static int pixel(int record, int at) {
        return (record * 37 + at * 5 + at / 1024) & 0xFF;
    }

    /** Records whose last label byte is the class; the byte before it, if any, is no class. */
    private static byte[] records(int labelBytes, int... classes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int record = 0; record < classes.length; record++) {
            if (labelBytes == 2) {
                out.write(19);
            }
            out.write(classes[record]);
            for (int at = 0; at < PIXELS; at++) {
                out.write(pixel(record, at));
            }
        }
        return out.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
