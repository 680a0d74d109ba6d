package dev.gossamer.fl.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.run.Safetensors;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TimeZone;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportFormatTest {

    private static final ModelSpec SPEC = ExportedModels.spec("cnn-femnist").withPower(new PowerPropagation(1.5f));
    private static final PortableModel MODEL = PortableModel.of(
            SPEC, ExportedModels.one("cnn-femnist"), ExportedModels.trained(SPEC), Map.of("format", "pt"));

    @TempDir
    private Path folder;

    @Test
    void safetensorsHasTheWeightsUnderTheirNames() throws IOException {
        Path file = folder.resolve("model.safetensors");
        ExportFormat.SAFETENSORS.write(file, MODEL);
        Safetensors.Content content = Safetensors.read(file);
        assertThat(content.metadata()).isEqualTo(MODEL.metadata());
        assertThat(content.tensors()).hasSameSizeAs(MODEL.weights().tensors());
        for (TensorState tensor : MODEL.weights().tensors()) {
            assertThat(content.tensor(tensor.name()).floats()).isEqualTo(tensor.values());
            assertThat(content.tensor(tensor.name()).shape())
                    .isEqualTo(Arrays.stream(tensor.shape())
                            .mapToObj(Long::valueOf)
                            .toList());
        }
    }

    @Test
    void npzHasAnArrayForEachTensor() throws IOException {
        Path file = folder.resolve("model.npz");
        ExportFormat.NPY.write(file, MODEL);
        Map<String, ByteBuffer> entries = new HashMap<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName(), ByteBuffer.wrap(zip.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN));
            }
        }
        assertThat(entries).hasSameSizeAs(MODEL.weights().tensors());
        check(
                entries.get("conv2.weight.npy"),
                "(64, 32, 5, 5,)",
                MODEL.weights().tensor("conv2.weight"));
        check(entries.get("fc2.bias.npy"), "(7,)", MODEL.weights().tensor("fc2.bias"));

        TimeZone here = TimeZone.getDefault();
        Path again = folder.resolve("again.npz");
        try {
            TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Auckland"));
            ExportFormat.NPY.write(again, MODEL);
        } finally {
            TimeZone.setDefault(here);
        }
        assertThat(again).hasSameBinaryContentAs(file);
    }

    private static void check(ByteBuffer array, String shape, TensorState tensor) {
        byte[] magic = new byte[8];
        array.get(magic);
        assertThat(magic).containsExactly(0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0);
        byte[] header = new byte[array.getShort()];
        array.get(header);
        assertThat(array.position() % 64).isZero();
        assertThat(new String(header, StandardCharsets.US_ASCII))
                .startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }")
                .endsWith("\n");
        float[] values = new float[array.remaining() / Float.BYTES];
        array.asFloatBuffer().get(values);
        assertThat(values).isEqualTo(tensor.values());
    }
}
