package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.testkit.Golden;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** A network of a golden file on a workspace: what a training step makes of it, against what PyTorch makes in float64. */
final class GoldenNetwork {

    private final Golden golden;
    private final ModelSpec spec;
    private final double tolerance;

    /**
     * A network.
     *
     * @param spec the network of that file
     * @param tolerance relative to the largest number of a tensor, or to 1 if that is larger
     */
    GoldenNetwork(String file, ModelSpec spec, double tolerance) {
        this.golden = Golden.read(file);
        this.spec = spec;
        this.tolerance = tolerance;
    }

    ModelState dense() {
        List<TensorState> tensors = new ArrayList<>();
        for (ParameterSpec parameter : spec.parameters()) {
            double[] numbers = golden.numbers("parameter." + parameter.name());
            float[] values = new float[numbers.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) numbers[i];
            }
            tensors.add(TensorState.dense(parameter.name(), parameter.dimensions(), values));
        }
        assertThat(spec.parameters().stream().map(ParameterSpec::name)).isEqualTo(golden.keys("parameter."));
        return new ModelState(tensors);
    }

    /** With patterns where PyTorch multiplies by masks; statistics have none. */
    ModelState sparse() {
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < spec.parameters().size(); i++) {
            TensorState tensor = dense().tensors().get(i);
            double[] mask = golden.numbers("mask." + tensor.name());
            tensors.add(
                    spec.parameters().get(i).kind().trained()
                            ? Fixtures.masked(tensor, entry -> mask[entry] != 0)
                            : tensor);
        }
        return new ModelState(tensors);
    }

    /** Logits, loss, gradients, three steps and an evaluation. */
    void check(Workspace workspace, ModelState start, String variant) {
        byte[] labels = bytes("labels");
        int batch = (int) golden.number("batch");
        Samples samples = Fixtures.samples(workspace, bytes("pixels"), labels, spec.input());
        Network network = new Network(workspace, spec);
        PixelTransform transform = new PixelTransform(
                Collections.nCopies(spec.input().channels(), 1f / 256),
                Collections.nCopies(spec.input().channels(), 0f));
        network.load(start);
        assertClose(variant + ".logits", logits(network, samples, transform, batch, true));

        Sgd rule = new Sgd((float) golden.number("momentum"), false, (float) golden.number("decay"), 0);
        MemorySegment order =
                MemorySegment.ofArray(IntStream.range(0, labels.length).toArray());
        try (TrainingSession session = new TrainingSession(network, samples, transform, batch, labels.length, rule)) {
            network.load(start);
            session.begin((float) golden.number("rate"));
            session.trainEpoch(order, batch);
            assertClose(
                    variant + ".loss", new float[] {(float) session.lastEpoch().loss()});
            ModelState gradients = network.gradients();
            assertThat(gradients.tensors().stream().map(TensorState::name))
                    .isEqualTo(golden.keys(variant + ".gradient."));
            gradients
                    .tensors()
                    .forEach(tensor -> assertClose(variant + ".gradient." + tensor.name(), tensor.toDense()));

            network.load(start);
            session.begin((float) golden.number("rate"));
            session.trainEpoch(order, labels.length);
            network.state()
                    .tensors()
                    .forEach(tensor -> assertClose(variant + ".trained." + tensor.name(), tensor.toDense()));
        }
        assertClose(variant + ".evaluated", logits(network, samples, transform, batch, false));
    }

    private float[] logits(Network network, Samples samples, PixelTransform transform, int batch, boolean training) {
        try (Workspace workspace = network.workspace().child()) {
            Computation.Batch bound = new Computation(workspace, network, batch, training).batch(batch);
            var order = workspace.order(batch);
            workspace.upload(MemorySegment.ofArray(IntStream.range(0, batch).toArray()), batch, order);
            workspace
                    .data()
                    .batch(samples, transform, order, workspace.cell(0), bound.input(), workspace.labels(batch));
            bound.forward();
            float[] logits = new float[batch * spec.classes()];
            workspace.download(bound.logits(), MemorySegment.ofArray(logits));
            return logits;
        }
    }

    private void assertClose(String key, float[] got) {
        double[] want = golden.numbers(key);
        double scale = Math.max(1, Arrays.stream(want).map(Math::abs).max().orElse(0));
        assertThat(got).as(key).hasSize(want.length);
        for (int i = 0; i < want.length; i++) {
            assertThat((double) got[i]).as("%s[%d]", key, i).isCloseTo(want[i], within(tolerance * scale));
        }
    }

    private byte[] bytes(String key) {
        double[] numbers = golden.numbers(key);
        byte[] bytes = new byte[numbers.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (int) numbers[i];
        }
        return bytes;
    }
}
