package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
class SessionTest {

    private static final PixelTransform TRANSFORM = PixelTransform.scale(1f / 256);
    private static final ModelSpec SPEC = Models.mlp(17, 11, 6, 5);
    private static final int COUNT = 23;
    private static final MemorySegment ORDER = MemorySegment.ofArray(
            IntStream.range(0, COUNT).map(i -> (i * 7) % COUNT).toArray());

    private final String name;
    private Backend backend;
    private Workspace workspace;
    private Samples samples;
    private Network network;

    SessionTest(String name) {
        this.name = name;
    }

    @BeforeEach
    void open() {
        backend = TestBackends.open(name);
        workspace = backend.workspace(1);
        samples = Fixtures.samples(
                workspace, Fixtures.randomPixels(COUNT, 17, 5), Fixtures.randomLabels(COUNT, 5, 5), 17);
        network = new Network(workspace, SPEC);
    }

    @AfterEach
    void close() {
        workspace.close();
        backend.close();
    }

    @Test
    void gradientsAgreeWithFiniteDifferences() {
        ModelState model = Fixtures.thinned(Fixtures.randomModel(SPEC, 3), 0.6, 3);
        ModelState gradients = gradients(model);
        double h = 1.0 / 256;
        double here = loss(model);
        int smooth = 0;
        for (int t = 0; t < model.tensors().size(); t++) {
            TensorState tensor = model.tensors().get(t);
            for (int i = 0; i < tensor.values().length; i++) {
                double up = (loss(Fixtures.moved(model, t, i, h)) - here) / h;
                double down = (here - loss(Fixtures.moved(model, t, i, -h))) / h;
                // What curvature, or a ReLU that switches within ±h, makes of the slope.
                double bend = Math.abs(up - down);
                smooth += bend < 2e-3 ? 1 : 0;
                // The rest is rounding: a loss of about 2, summed in f32, divided by 2h.
                assertThat((double) gradients.tensors().get(t).values()[i])
                        .as("%s value %d", tensor.name(), i)
                        .isCloseTo((up + down) / 2, within(1e-4 + bend));
            }
        }
        assertThat(smooth).as("values with a sharp bound").isGreaterThan((int) (0.9 * model.nnz()));
    }

    @Test
    void prunedEntriesAreNeitherStoredNorMoved() {
        ModelState model = Fixtures.thinned(Fixtures.randomModel(SPEC, 4), 0.3, 4);
        network.load(model);
        train(8, new Sgd(0.9f, true, 0.01f, 0), 3);

        ModelState after = network.state();
        assertThat(after.nnz()).isEqualTo(model.nnz());
        for (int t = 0; t < model.tensors().size(); t++) {
            assertThat(after.tensors().get(t).pattern())
                    .isEqualTo(model.tensors().get(t).pattern());
            Parameter parameter = network.parameters().get(t);
            assertThat(parameter.space().nnz()).isEqualTo(model.tensors().get(t).nnz());
        }
        assertThat(after).isNotEqualTo(model);
    }

    @Test
    void layersWithoutAnyWeightLeftStillTrain() {
        ModelState model = Fixtures.randomModel(SPEC, 6);
        List<TensorState> tensors = new ArrayList<>(model.tensors());
        tensors.set(2, Fixtures.masked(tensors.get(2), i -> false));
        tensors.set(3, Fixtures.masked(tensors.get(3), i -> i == 1));
        network.load(new ModelState(tensors));
        train(8, Sgd.PLAIN, 1);

        assertThat(network.state().tensor("fc2.weight").nnz()).isZero();
        assertThat(network.state().tensor("fc1.weight"))
                .as("no gradient reaches the first layer")
                .isEqualTo(tensors.get(0));
        assertThat(network.state().tensor("fc3.bias")).isNotEqualTo(tensors.get(5));
    }

    @Test
    void theLastPartialBatchIsAveragedOverItsOwnSize() {
        ModelState model = Fixtures.randomModel(SPEC, 8);
        network.load(model);
        Evaluation whole = evaluate(COUNT);
        Evaluation parts = evaluate(8);

        assertThat(parts.samples()).isEqualTo(COUNT);
        assertThat(parts.correct()).isEqualTo(whole.correct());
        assertThat(parts.loss()).isCloseTo(whole.loss(), within(1e-5));

        // One epoch as 8 + 8 + 7 samples is three epochs of one step each.
        network.load(model);
        train(8, Sgd.PLAIN, 1);
        ModelState epoch = network.state();
        network.load(model);
        for (int from = 0; from < COUNT; from += 8) {
            int size = Math.min(8, COUNT - from);
            try (TrainingSession session = new TrainingSession(network, samples, TRANSFORM, size, size, Sgd.PLAIN)) {
                session.begin(0.1f);
                session.trainEpoch(ORDER.asSlice(4L * from), size);
            }
        }
        assertThat(network.state()).isEqualTo(epoch);
    }

    @Test
    void aReusedSessionStartsEachClientAfresh() {
        ModelState first = Fixtures.randomModel(SPEC, 9);
        ModelState second = Fixtures.thinned(Fixtures.randomModel(SPEC, 10), 0.4, 10);
        Sgd rule = new Sgd(0.9f, false, 0, 0.1f);
        network.load(second);
        train(8, rule, 2);
        ModelState fresh = network.state();
        try (TrainingSession session = new TrainingSession(network, samples, TRANSFORM, 8, COUNT, rule)) {
            for (ModelState model : List.of(first, second)) {
                network.load(model);
                session.begin(0.1f);
                session.trainEpoch(ORDER, COUNT);
                session.trainEpoch(ORDER, COUNT);
            }
        }
        assertThat(network.state()).isEqualTo(fresh);
    }

    @Test
    void storageIsProportionalToTheValues() {
        SparsityPattern one = SparsityPattern.fromFlatIndices(11, 17, new int[] {40});
        TensorState weight = network.state().tensors().getFirst();
        List<TensorState> tensors = new ArrayList<>(network.state().tensors());
        tensors.set(0, weight.with(one, new float[] {2}));
        network.load(new ModelState(tensors));

        assertThat(network.parameters().getFirst().space().nnz()).isEqualTo(1);
        assertThat(network.state().tensors().getFirst().toDense()[40]).isEqualTo(2);
    }

    @Test
    void evaluationInPiecesSeesEverySampleOnce() {
        // 280 KB between layers for a sample, so that a CPU takes 51 and 50 of the 101 samples at a time, and all of
        // 17.
        int count = 101;
        ModelSpec wide = Models.mlp(17, 70_000, 5);
        Network deep = new Network(workspace, wide);
        deep.load(Fixtures.thinned(Fixtures.randomModel(wide, 9), 0.1, 9));
        Samples many = Fixtures.samples(
                workspace, Fixtures.randomPixels(count, 17, 8), Fixtures.randomLabels(count, 5, 8), 17);
        try (EvaluationSession whole = new EvaluationSession(deep, many, TRANSFORM, count);
                EvaluationSession small = new EvaluationSession(deep, many, TRANSFORM, 17)) {
            Evaluation want = small.evaluate();
            Evaluation got = whole.evaluate(0);

            assertThat(got.samples()).isEqualTo(count);
            assertThat(got.correct()).isEqualTo(want.correct());
            assertThat(got.lossSum()).isCloseTo(want.lossSum(), within(1e-5 * want.lossSum()));
        }
    }

    @Test
    void trainingBeginsWithARate() {
        try (TrainingSession session = new TrainingSession(network, samples, TRANSFORM, 8, COUNT, Sgd.PLAIN)) {
            assertThatThrownBy(() -> session.trainEpoch(ORDER, COUNT))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("begin(learningRate)");
            for (float rate : new float[] {Float.NaN, -1, Float.POSITIVE_INFINITY}) {
                assertThatThrownBy(() -> session.begin(rate))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("learningRate")
                        .hasMessageContaining(String.valueOf(rate));
            }
        }
    }

    @Test
    void anEnqueuedBatchIsTheOneThatIsNamed() {
        byte[] labels = Fixtures.randomLabels(COUNT, 5, 8);
        labels[COUNT - 1] = 100;
        Samples odd = Fixtures.samples(workspace, Fixtures.randomPixels(COUNT, 17, 8), labels, 17);
        try (EvaluationSession session = new EvaluationSession(network, odd, TRANSFORM, COUNT - 1)) {
            session.enqueue(0);
            workspace.sync();

            // Only the device sees labels, and tells when it is waited for.
            assertThatThrownBy(() -> {
                        session.enqueue(1);
                        workspace.sync();
                    })
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("label");
        }
    }

    @Test
    void aModelOfOtherShapeIsRefused() {
        assertThatThrownBy(() -> network.load(Models.linear(17, 5).initial(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tensors");
    }

    private ModelState gradients(ModelState model) {
        network.load(model);
        try (TrainingSession session = new TrainingSession(network, samples, TRANSFORM, COUNT, COUNT, Sgd.PLAIN)) {
            session.begin(0.1f);
            session.trainEpoch(ORDER, COUNT);
            return network.gradients();
        }
    }

    private double loss(ModelState model) {
        network.load(model);
        return evaluate(COUNT).loss();
    }

    private Evaluation evaluate(int batch) {
        try (EvaluationSession session = new EvaluationSession(network, samples, TRANSFORM, batch)) {
            return session.evaluate();
        }
    }

    private void train(int batch, Sgd rule, int epochs) {
        try (TrainingSession session = new TrainingSession(network, samples, TRANSFORM, batch, COUNT, rule)) {
            session.begin(0.1f);
            for (int epoch = 0; epoch < epochs; epoch++) {
                session.trainEpoch(ORDER, COUNT);
            }
        }
    }
}
