package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.fl.SharedData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FemnistTest {

    private static final int COUNT = 34;

    @TempDir
    Path folder;

    /** 23 images of client 5, then 4 of client 200, with 7 of client 9 among them; image i is of class i mod 10. */
    @BeforeEach
    void write() throws IOException {
        ByteBuffer images = ByteBuffer.allocate(16 + COUNT * 784);
        images.putInt(0x803).putInt(COUNT).putInt(28).putInt(28);
        for (int i = 0; i < COUNT * 784; i++) {
            images.put((byte) (i / 784 + i % 784));
        }
        Files.createDirectories(folder.resolve("femnist"));
        Files.write(file("images-idx3"), images.array());
        write("labels-idx1", IntStream.range(0, COUNT).map(i -> i % 10).toArray());
        write("clients-idx1", owners());
    }

    private static int[] owners() {
        return IntStream.range(0, COUNT)
                .map(i -> i < 23 ? 5 : i % 3 == 0 ? 200 : 9)
                .toArray();
    }

    private Path file(String kind) {
        return folder.resolve("femnist/some-" + kind + "-ubyte");
    }

    private void write(String kind, int... values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + values.length);
        bytes.putInt(0x801).putInt(values.length);
        Arrays.stream(values).forEach(value -> bytes.put((byte) value));
        Files.write(file(kind), bytes.array());
    }

    @Test
    void eachClientHasItsImagesButEveryTenth() {
        try (Dataset data = Femnist.load(folder)) {
            assertThat(data.classes()).isEqualTo(10);
            assertThat(data.extent()).isEqualTo("3 clients, digits only");
            assertThat(data.test().labelArray()).containsExactly(9, 9);
            assertThat(data.test().pixel(0, 3)).isEqualTo(9 + 3);
            assertThat(data.test().pixel(1, 3)).isEqualTo(19 + 3);
            assertThat(data.naturalClients()).hasSize(3);
            int[] counts =
                    data.naturalClients().stream().mapToInt(part -> part.length).toArray();
            assertThat(counts).containsExactly(21, 7, 4);
            assertThat(data.train().count()).isEqualTo(32);
            // Clients go by number: 5, 9, 200. Pixel 0 of image i is i.
            int[] owners = owners();
            int[] numbers = {5, 9, 200};
            for (int client = 0; client < 3; client++) {
                for (int sample : data.naturalClients().get(client)) {
                    int image = data.train().pixel(sample, 0);
                    assertThat(owners[image]).isEqualTo(numbers[client]);
                    assertThat(data.train().label(sample)).isEqualTo(image % 10);
                }
            }
        }
    }

    @Test
    void lettersMakeSixtyTwoClasses() throws IOException {
        write(
                "labels-idx1",
                IntStream.range(0, COUNT).map(i -> i * 61 / (COUNT - 1)).toArray());
        try (Dataset data = Femnist.load(folder)) {
            assertThat(data.classes()).isEqualTo(62);
            assertThat(data.extent()).isEqualTo("3 clients");
        }
        write("labels-idx1", IntStream.range(0, COUNT).map(i -> i == 7 ? 62 : 0).toArray());
        refused("some-labels-idx1-ubyte", "label 7 is 62", "62 classes");
    }

    /** LEAF has 3,550; as bytes, 256 and 512 would be one. */
    @Test
    void clientsAreAsManyAsThereAreWriters() throws IOException {
        int[] owners = IntStream.range(0, COUNT)
                .map(i -> i < 12 ? 256 : i < 24 ? 512 : 65_536 + i)
                .toArray();
        writeIntegers(owners);
        refused("several client files", "some-clients-idx1-int, some-clients-idx1-ubyte");
        Files.delete(file("clients-idx1"));
        try (Dataset data = Femnist.load(folder)) {
            assertThat(data.extent()).isEqualTo("12 clients, digits only");
            assertThat(data.naturalClients().stream().map(part -> part.length))
                    .containsExactly(11, 11, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
            assertThat(data.test().labelArray()).containsExactly(9, 1);
        }
        owners[7] = -1;
        writeIntegers(owners);
        refused("some-clients-idx1-int: number 7 is -1");
        Files.write(integers(), new byte[] {0, 0, 12, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0});
        refused("some-clients-idx1-int", "announces 8 bytes", "only 5");
        Files.write(integers(), new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 1});
        refused("some-clients-idx1-int: should hold clients (idx1 of 32-bit integers)", "00000c01");
    }

    private Path integers() {
        return folder.resolve("femnist/some-clients-idx1-int");
    }

    private void writeIntegers(int... values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + Integer.BYTES * values.length);
        bytes.putInt(0xC01).putInt(values.length);
        Arrays.stream(values).forEach(bytes::putInt);
        Files.write(integers(), bytes.array());
    }

    @Test
    void aClientFileOfAnotherLengthIsRefused() throws IOException {
        write("clients-idx1", Arrays.copyOf(owners(), COUNT - 1));
        refused("some-clients-idx1-ubyte: 33 clients", "some-images-idx3-ubyte has 34 images", "belong together");
        Files.write(file("clients-idx1"), new byte[] {0, 0, 8, 1, 0, 0, 0, COUNT, 1, 1});
        refused("some-clients-idx1-ubyte", "only 2");
    }

    @Test
    void clientsWithFewImagesLeaveNoneForTesting() throws IOException {
        write("clients-idx1", IntStream.range(0, COUNT).map(i -> i / 9).toArray());
        refused("no client has 10 images");
    }

    @Test
    void whatIsMissingOrAmbiguousIsNamed() throws IOException {
        Files.copy(file("clients-idx1"), folder.resolve("femnist/other-clients-idx1-ubyte.gz"));
        refused("several client files", "other-clients-idx1-ubyte.gz, some-clients-idx1-ubyte");
        Files.delete(folder.resolve("femnist/other-clients-idx1-ubyte.gz"));
        Files.delete(file("labels-idx1"));
        refused("found " + file("clients-idx1"), "neither " + file("labels-idx1"));
        Files.delete(file("clients-idx1"));
        assertThatExceptionOfType(MissingDataException.class)
                .isThrownBy(() -> Femnist.load(folder))
                .withMessageContaining(folder.resolve("femnist").toString())
                .withMessageContaining("leaf.cmu.edu");
    }

    @Test
    void theSharedFilesAreTwelveClientsOfDigits() {
        try (Dataset data = Femnist.load(SharedData.folder("femnist").getParent())) {
            assertThat(data.classes()).isEqualTo(10);
            assertThat(data.train().count() + data.test().count()).isEqualTo(5_997);
            assertThat(data.extent()).isEqualTo("12 clients, digits only");
            int[] all = {487, 504, 544, 518, 507, 454, 516, 528, 479, 505, 496, 459};
            for (int client = 0; client < 12; client++) {
                assertThat(data.naturalClients().get(client)).hasSize(all[client] - all[client] / 10);
            }
            assertThat(data.test().count())
                    .isEqualTo(Arrays.stream(all).map(count -> count / 10).sum());
        }
    }

    private void refused(String... parts) {
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> Femnist.load(folder))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
