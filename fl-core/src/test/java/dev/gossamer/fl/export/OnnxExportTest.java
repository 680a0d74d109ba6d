package dev.gossamer.fl.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.nn.InferenceSession;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class OnnxExportTest {

    @SuppressWarnings("unused") // by name
    private static final List<String> ZOO = Models.NAMES;

    private static final int COUNT = 2;

    @TempDir
    private Path folder;

    /** What the file says, computed by definition, is what the engine computes. */
    @ParameterizedTest
    @FieldSource("ZOO")
    void theGraphHasTheEnginesLogits(String name) {
        ModelSpec spec = ExportedModels.spec(name);
        check(spec, ExportedModels.one(name), ExportedModels.trained(spec));
    }

    @Test
    void weightsAreThosePowersThatMultiply() {
        ModelSpec spec = ExportedModels.spec("cnn-femnist").withPower(new PowerPropagation(1.25f));
        ModelState theta = ExportedModels.trained(spec);
        check(spec, ExportedModels.one("cnn-femnist"), theta);

        PortableModel model = PortableModel.of(spec, ExportedModels.one("cnn-femnist"), theta, Map.of());
        float some = theta.tensor("conv1.weight").values()[0];
        int at = Math.toIntExact(
                theta.tensor("conv1.weight").pattern().flatIndices().findFirst().orElseThrow());
        assertThat(model.weights().tensor("conv1.weight").values()[at])
                .isEqualTo((float) (some * Math.pow(Math.abs(some), 0.25)), within(1e-7f));
        assertThat(model.weights().tensor("conv1.bias")).isEqualTo(theta.tensor("conv1.bias"));
    }

    private static void check(ModelSpec spec, Shape one, ModelState theta) {
        byte[] pixels = new byte[COUNT * one.features()];
        SplitMix64 random = SplitMix64.of(3);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) random.nextInt(256);
        }
        PixelTransform transform = new PixelTransform(
                Collections.nCopies(one.channels(), 1f / 64), Collections.nCopies(one.channels(), -2f));
        PlainOnnx file = new PlainOnnx(OnnxExport.encode(PortableModel.of(spec, one, theta, Map.of())));
        for (String backend : TestBackends.names()) {
            float[] ours = logits(backend, spec, one, theta, pixels, transform);
            for (int sample = 0; sample < COUNT; sample++) {
                double[] input = new double[one.features()];
                for (int i = 0; i < input.length; i++) {
                    input[i] = Byte.toUnsignedInt(pixels[sample * input.length + i]) / 64.0 - 2;
                }
                double[] want = file.logits(input, one.channels(), one.height(), one.width());
                for (int c = 0; c < want.length; c++) {
                    assertThat((double) ours[sample * want.length + c])
                            .as("%s on %s: sample %d, class %d", spec.name(), backend, sample, c)
                            .isCloseTo(want[c], within(1e-4));
                }
                assertThat(Arrays.stream(want).map(Math::abs).max().orElseThrow())
                        .as("logits that tell something")
                        .isGreaterThan(0.1);
            }
        }
    }

    private static float[] logits(
            String name, ModelSpec spec, Shape one, ModelState theta, byte[] pixels, PixelTransform transform) {
        float[] logits = new float[COUNT * spec.classes()];
        try (Backend backend = TestBackends.open(name);
                Workspace workspace = backend.workspace(1)) {
            Network network = new Network(workspace, spec);
            network.load(theta);
            Samples samples = workspace.samples(
                    MemorySegment.ofArray(pixels), MemorySegment.ofArray(new byte[COUNT]), one, COUNT);
            try (InferenceSession session = new InferenceSession(network, samples, transform, COUNT)) {
                session.logits(0, COUNT, logits);
            }
        }
        return logits;
    }

    @Test
    void theFileSaysWhatItIs() throws IOException {
        ModelSpec spec = ExportedModels.spec("resnet18-half");
        PortableModel model = PortableModel.of(
                spec, ExportedModels.one("resnet18-half"), ExportedModels.trained(spec), Map.of("b", "2", "a", "ä"));
        Path path = folder.resolve("model.onnx");
        OnnxExport.write(path, model);
        byte[] bytes = Files.readAllBytes(path);
        assertThat(bytes).isEqualTo(OnnxExport.encode(model));

        ProtoReader file = new ProtoReader(ByteBuffer.wrap(bytes));
        assertThat(file.fieldNumbers()).containsExactly(1, 2, 7, 8, 14);
        assertThat(file.integer(1)).isEqualTo(7);
        assertThat(file.message(8).integer(2)).isEqualTo(13);
        assertThat(file.messages(14))
                .extracting(entry -> entry.text(1) + entry.text(2))
                .containsExactly("aä", "b2");
        ProtoReader graph = file.message(7);
        assertThat(graph.messages(5))
                .extracting(tensor -> tensor.text(8))
                .isEqualTo(model.weights().tensors().stream()
                        .map(TensorState::name)
                        .toList());
        assertThat(dimensions(graph.message(11))).containsExactly("batch", "3", "8", "6");
        assertThat(dimensions(graph.message(12))).containsExactly("batch", "7");
        assertThat(graph.messages(1)).extracting(node -> node.text(3)).doesNotHaveDuplicates();
    }

    private static List<String> dimensions(ProtoReader value) {
        return value.message(2).message(1).message(2).messages(1).stream()
                .map(dimension ->
                        dimension.fieldNumbers().contains(2) ? dimension.text(2) : Long.toString(dimension.integer(1)))
                .toList();
    }

    @Test
    void samplesOfAnotherSizeAreRefused() {
        ModelSpec spec = ExportedModels.spec("mlp");
        assertThatThrownBy(() -> PortableModel.of(spec, new Shape(1, 7, 6, 1), ExportedModels.trained(spec), Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes 35 numbers")
                .hasMessageContaining("42");
    }
}
