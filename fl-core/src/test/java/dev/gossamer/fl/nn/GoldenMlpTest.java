package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Loss, gradients and one epoch of SGD against PyTorch in float64; golden_mlp.py says how the values were made. */
@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
record GoldenMlpTest(String backend) {

    /** Float32 against float64 over sums of at most 12 terms of size 1, through 3 layers and 3 steps. */
    private static final double TOLERANCE = 2e-6;

    @Test
    void denseAgreesWithPyTorch() throws Exception {
        JsonNode golden = golden();
        check(golden, dense(golden), golden.get("dense"));
    }

    @Test
    void patternedAgreesWithMaskedPyTorch() throws Exception {
        JsonNode golden = golden();
        check(golden, sparse(golden), golden.get("sparse"));
    }

    private void check(JsonNode golden, ModelState start, JsonNode want) {
        ModelSpec spec = Models.mlp(ints(golden.get("widths")));
        byte[] pixels = bytes(golden.get("pixels"));
        byte[] labels = bytes(golden.get("labels"));
        int batch = golden.get("batch").asInt();
        float momentum = (float) golden.get("momentum").asDouble();
        float decay = (float) golden.get("decay").asDouble();
        PixelTransform transform = PixelTransform.scale(1f / 256);
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1)) {
            Samples samples =
                    Fixtures.samples(workspace, pixels, labels, spec.input().features());
            Network network = new Network(workspace, spec);
            try (TrainingSession session = new TrainingSession(
                    network, samples, transform, batch, labels.length, new Sgd(momentum, false, decay, 0))) {
                MemorySegment order =
                        MemorySegment.ofArray(IntStream.range(0, labels.length).toArray());
                network.load(start);
                session.begin((float) golden.get("rate").asDouble());
                session.trainEpoch(order, batch);
                assertThat(session.lastEpoch().loss())
                        .isCloseTo(want.get("loss").asDouble(), within(TOLERANCE));
                assertClose(network.gradients(), want.get("gradients"));

                network.load(start);
                session.begin((float) golden.get("rate").asDouble());
                session.trainEpoch(order, labels.length);
                assertClose(network.state(), want.get("trained"));
            }
        }
    }

    private static void assertClose(ModelState got, JsonNode want) {
        for (TensorState tensor : got.tensors()) {
            float[] values = tensor.toDense();
            JsonNode numbers = want.get(tensor.name());
            assertThat(values).hasSize(numbers.size());
            for (int i = 0; i < values.length; i++) {
                assertThat((double) values[i])
                        .as("%s[%d]", tensor.name(), i)
                        .isCloseTo(numbers.get(i).asDouble(), within(TOLERANCE));
            }
        }
    }

    private static ModelState dense(JsonNode golden) {
        ModelSpec spec = Models.mlp(ints(golden.get("widths")));
        List<TensorState> tensors = new ArrayList<>();
        for (ParameterSpec parameter : spec.parameters()) {
            JsonNode numbers = golden.get("parameters").get(parameter.name());
            float[] values = new float[numbers.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) numbers.get(i).asDouble();
            }
            tensors.add(TensorState.dense(parameter.name(), parameter.dimensions(), values));
        }
        return new ModelState(tensors);
    }

    private static ModelState sparse(JsonNode golden) {
        return new ModelState(dense(golden).tensors().stream()
                .map(tensor -> Fixtures.masked(
                        tensor,
                        i -> golden.get("masks").get(tensor.name()).get(i).asInt() == 1))
                .toList());
    }

    private static int[] ints(JsonNode numbers) {
        return IntStream.range(0, numbers.size())
                .map(i -> numbers.get(i).asInt())
                .toArray();
    }

    private static byte[] bytes(JsonNode numbers) {
        byte[] bytes = new byte[numbers.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) numbers.get(i).asInt();
        }
        return bytes;
    }

    private static JsonNode golden() throws Exception {
        try (InputStream in = GoldenMlpTest.class.getResourceAsStream("golden_mlp.json")) {
            return new ObjectMapper().readTree(in);
        }
    }
}
