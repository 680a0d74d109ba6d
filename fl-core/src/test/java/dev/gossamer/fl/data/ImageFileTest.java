package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFileTest {

    private static final Shape COLOUR = new Shape(3, 2, 4, 1);
    private static final Shape GREY = new Shape(1, 2, 4, 1);

    @TempDir
    private Path folder;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    private Path npy(String type, String order, String shape, int bytes) throws IOException {
        String header = "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }     \n";
        ByteBuffer file = ByteBuffer.allocate(10 + header.length() + bytes).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length());
        file.put(header.getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < bytes; i++) {
            file.put((byte) (200 + i));
        }
        return Files.write(folder.resolve("images.npy"), file.array());
    }

    @Test
    void numpysArraysAreReadWithAndWithoutChannels() throws IOException {
        Split colour = ImageFile.read(npy("|u1", "False", "(2, 3, 2, 4)", 48), COLOUR, arena);
        assertThat(colour.count()).isEqualTo(2);
        assertThat(colour.one()).isEqualTo(COLOUR);
        assertThat(colour.pixel(1, 3)).isEqualTo(200 + 24 + 3);
        Split grey = ImageFile.read(npy("|u1", "False", "(3, 2, 4)", 24), GREY, arena);
        assertThat(grey.count()).isEqualTo(3);
        assertThat(grey.pixel(2, 7)).isEqualTo(223);
    }

    @Test
    void idxIsReadWithoutLabels() throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocate(16 + 8).putInt(0x803).putInt(1).putInt(2).putInt(4);
        bytes.put(16 + 5, (byte) 77);
        Split images = ImageFile.read(Files.write(folder.resolve("images"), bytes.array()), GREY, arena);
        assertThat(images.count()).isEqualTo(1);
        assertThat(images.pixel(0, 5)).isEqualTo(77);
    }

    @Test
    void whatIsNoSuchImageIsRefusedWithTheRemedy() throws IOException {
        refused(npy("<f4", "False", "(2, 3, 2, 4)", 192), "'<f4'", "dtype=numpy.uint8");
        refused(npy("|u1", "True", "(2, 3, 2, 4)", 48), "by columns", "ascontiguousarray");
        refused(npy("|u1", "False", "(2, 24)", 48), "shape (2, 24)", "(count, height, width)");
        refused(npy("|u1", "False", "(2, 3, 99999, 99999)", 48), "at most 2 GiB");
        refused(npy("|u1", "False", "(2, 3, 2, 4)", 47), "only 47");
        refused(npy("|u1", "False", "(2, 3, 2, 4)", 49), "more");
        refused(npy("|u1", "False", "(6, 2, 4)", 48), "1x2x4", "the model takes 3x2x4");
        refused(
                Files.write(folder.resolve("cut"), new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1}),
                "version 1.0");
        refused(Files.writeString(folder.resolve("text"), "GIF89a"), "idx3");
        refused(folder.resolve("missing"), "no such file");
    }

    private void refused(Path file, String... named) {
        assertThatThrownBy(() -> ImageFile.read(file, COLOUR, arena))
                .isInstanceOf(DataException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContainingAll(named);
    }
}
