package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.testkit.Golden;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients by all entries, and products of the Hessian, of networks with every kind of layer, dense and sparse, with batch
 * norms of both kinds: against PyTorch's double precision, over three batches.
 */
class GoldenHessianTest {

    private static final int BATCH = 4;

    static Stream<Arguments> cases() {
        return TestBackends.names().stream()
                .flatMap(backend -> Stream.of("layers", "residual")
                        .flatMap(network -> Stream.of("dense", "sparse")
                                .flatMap(variant -> Stream.of("train", "eval")
                                        .map(mode -> Arguments.of(backend, network, variant, mode)))));
    }

    @ParameterizedTest(name = "{1}, {2}, {3} on {0}")
    @MethodSource("cases")
    void derivativesAgreeWithPyTorch(String backend, String name, String variant, String mode) {
        ModelSpec spec = name.equals("layers") ? GoldenConvTest.layers() : GoldenConvTest.residual();
        GoldenNetwork start = new GoldenNetwork(name, spec, 0);
        Golden samples = Golden.read(name);
        Golden golden = Golden.read("hessian-" + name);
        boolean batchStatistics = mode.equals("train");
        int[] all = IntStream.range(0, samples.numbers("labels").length).toArray();
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1)) {
            Samples data = Fixtures.samples(
                    workspace, bytes(samples.numbers("pixels")), bytes(samples.numbers("labels")), spec.input());
            int channels = spec.input().channels();
            PixelTransform transform =
                    new PixelTransform(Collections.nCopies(channels, 1f / 256), Collections.nCopies(channels, 0f));
            Network network = new Network(workspace, spec);
            network.load(variant.equals("dense") ? start.dense() : start.sparse());
            ModelState before = network.state();
            GradientSettings plain = new GradientSettings(batchStatistics, 1);
            GradientSettings hot = new GradientSettings(batchStatistics, (float) golden.number("temperature"));
            String where = variant + "." + mode + ".";
            try (GradientSession session = new GradientSession(network, data, transform, BATCH, all.length, plain);
                    HessianProduct product = new HessianProduct(network, data, transform, BATCH, all.length, plain);
                    HessianProduct cooled = new HessianProduct(network, data, transform, BATCH, all.length, hot)) {
                check(golden, where + "gradient.", session.gradient(all));
                check(golden, where + "product.", product.product(direction(spec, golden), all));
                check(golden, where + "of-gradient.", cooled.ofGradient(all));
                check(golden, where + "product.", product.product(direction(spec, golden), all));
            }
            assertThat(network.state()).as("parameters and statistics").isEqualTo(before);
        }
    }

    private static ModelState direction(ModelSpec spec, Golden golden) {
        List<TensorState> tensors = new ArrayList<>();
        for (ParameterSpec parameter : spec.parameters()) {
            if (parameter.kind().trained()) {
                double[] numbers = golden.numbers("direction." + parameter.name());
                float[] values = new float[numbers.length];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) numbers[i];
                }
                tensors.add(TensorState.dense(parameter.name(), parameter.dimensions(), values));
            }
        }
        return new ModelState(tensors);
    }

    /** Relative to the largest number of the model: in the sums, the layers' numbers are of one size. */
    private static void check(Golden golden, String prefix, ModelState got) {
        assertThat(got.tensors().stream().map(TensorState::name)).isEqualTo(golden.keys(prefix));
        double scale = got.tensors().stream()
                .flatMapToDouble(tensor -> Arrays.stream(golden.numbers(prefix + tensor.name())))
                .map(Math::abs)
                .max()
                .orElseThrow();
        for (TensorState tensor : got.tensors()) {
            double[] want = golden.numbers(prefix + tensor.name());
            assertThat(tensor.values()).hasSize(want.length);
            for (int i = 0; i < want.length; i++) {
                assertThat((double) tensor.values()[i])
                        .as("%s%s[%d]", prefix, tensor.name(), i)
                        .isCloseTo(want[i], within(5e-6 * scale));
            }
        }
    }

    private static byte[] bytes(double... numbers) {
        byte[] bytes = new byte[numbers.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (int) numbers[i];
        }
        return bytes;
    }
}
