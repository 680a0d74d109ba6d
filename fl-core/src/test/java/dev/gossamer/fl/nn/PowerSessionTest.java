package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks whose weights are powers of what is trained. */
@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
class PowerSessionTest {

    private static final PixelTransform TRANSFORM = PixelTransform.scale(1f / 256);
    private static final Shape ONE = new Shape(1, 4, 4, 1);
    private static final int COUNT = 12;
    private static final MemorySegment ORDER =
            MemorySegment.ofArray(IntStream.range(0, COUNT).toArray());

    /** Convolution, batch norm and linear layer: weights, biases and scales. */
    private static final ModelSpec SPEC = new ModelSpec(
            "power",
            ONE,
            List.of(
                    new ConvSpec("conv", 3, 3, 1, 1, true, Activation.IDENTITY),
                    BatchNormSpec.pytorch("bn", Activation.RELU),
                    new LinearSpec("fc", 4, Activation.IDENTITY)));

    private final String name;
    private Backend backend;
    private Workspace workspace;
    private Samples samples;

    PowerSessionTest(String name) {
        this.name = name;
    }

    @BeforeEach
    void open() {
        backend = TestBackends.open(name);
        workspace = backend.workspace(1);
        samples = Fixtures.samples(
                workspace, Fixtures.randomPixels(COUNT, 16, 5), Fixtures.randomLabels(COUNT, 4, 5), ONE);
    }

    @AfterEach
    void close() {
        workspace.close();
        backend.close();
    }

    @Test
    void anExponentOfOneTrainsToTheSameBits() {
        ModelState model = Fixtures.randomModel(SPEC, 1);
        Sgd rule = new Sgd(0.9f, false, 0.01f, 0.1f);
        assertThat(trained(SPEC.withPower(new PowerPropagation(1)), model, rule, 3))
                .isEqualTo(trained(SPEC, model, rule, 3));
    }

    @Test
    void theInitialWeightsAreThoseOfThePlainModel() {
        ModelSpec power = power(1.25f);
        Network network = new Network(workspace, power);
        network.load(power.initial(7));
        ModelState plain = SPEC.initial(7);
        for (Parameter parameter : network.parameters()) {
            float[] drawn = plain.tensor(parameter.spec().name()).values();
            float[] got = new float[drawn.length];
            workspace.download(parameter.effective(), MemorySegment.ofArray(got));
            for (int i = 0; i < got.length; i++) {
                // Theta rounded, times 1.25, and the power's own six units.
                assertThat(got[i]).isCloseTo(drawn[i], within(8 * 0x1p-24f * Math.abs(drawn[i])));
            }
        }
        assertThat(power.initial(7)).isNotEqualTo(plain);
    }

    @Test
    void evaluationTakesTheWeights() {
        ModelState theta = Fixtures.randomModel(SPEC, 2);
        assertThat(loss(power(1.25f), theta))
                .isCloseTo(loss(SPEC, weights(theta, new PowerPropagation(1.25f))), within(1e-5));
        assertThat(loss(power(1.25f), theta)).isNotCloseTo(loss(SPEC, theta), within(1e-3));
    }

    @Test
    void onlyWeightsOfConvolutionsAndLinearLayersArePowers() {
        Network network = new Network(workspace, power(2));
        for (Parameter parameter : network.parameters()) {
            boolean weight = parameter.spec().kind() == Kind.WEIGHT;
            assertThat(parameter.isPower()).as(parameter.spec().name()).isEqualTo(weight);
            assertThat(parameter.space().has(Role.WEIGHT)).isEqualTo(weight);
        }
    }

    /** By theta, also where theta is small. Trained without batch norm, whose statistics would move in between. */
    @Test
    void gradientsAreThoseByTheta() {
        ModelSpec spec = Models.mlp(16, 6, 4).withPower(new PowerPropagation(1.25f));
        ModelState model = Fixtures.thinned(Fixtures.randomModel(spec, 3), 0.6, 3);
        ModelState gradients = gradients(spec, model);
        double h = 1.0 / 256;
        double here = loss(spec, model);
        int checked = 0;
        for (int t = 0; t < model.tensors().size(); t++) {
            TensorState tensor = model.tensors().get(t);
            for (int i = 0; i < tensor.values().length; i++) {
                double up = (loss(spec, Fixtures.moved(model, t, i, h)) - here) / h;
                double down = (here - loss(spec, Fixtures.moved(model, t, i, -h))) / h;
                double bend = Math.abs(up - down);
                checked += bend < 2e-3 ? 1 : 0;
                assertThat((double) gradients.tensors().get(t).values()[i])
                        .as("%s value %d", tensor.name(), i)
                        .isCloseTo((up + down) / 2, within(1e-4 + bend));
            }
        }
        assertThat(checked).as("values with a sharp bound").isGreaterThan((int) (0.8 * model.nnz()));
    }

    /** The update of theta and the weight after it, by the formulas: one step, decay and anchor in theta's space. */
    @Test
    void decayAndRateActOnTheta() {
        PowerPropagation power = new PowerPropagation(1.5f);
        ModelSpec spec = SPEC.withPower(power);
        ModelState model = Fixtures.randomModel(spec, 4);
        ModelState gradients = gradients(spec, model);
        Network network = new Network(workspace, spec);
        network.load(model);
        train(network, new Sgd(0, false, 0.25f, 0), 1);
        Parameter weight = network.parameters().getFirst();
        float[] theta = network.state().tensors().getFirst().values();
        float[] effective = new float[theta.length];
        workspace.download(weight.effective(), MemorySegment.ofArray(effective));
        for (int i = 0; i < theta.length; i++) {
            double before = model.tensors().getFirst().values()[i];
            double gradient = gradients.tensors().getFirst().values()[i];
            assertThat((double) theta[i]).isCloseTo(before - 0.1 * (gradient + 0.25 * before), within(1e-6));
            assertThat((double) effective[i]).isCloseTo(power.weight(theta[i]), within(1e-6));
        }
    }

    @Test
    void whatIsZeroStaysZero() {
        ModelState model = someZeros(Fixtures.randomModel(SPEC, 5));
        Sgd rule = new Sgd(0.9f, false, 1e-3f, 0);
        ModelState moved = trained(power(1.25f), model, rule, 1000);
        assertThat(zeros(moved)).isEqualTo(zeros(model));
        assertThat(moved.tensor("conv.weight")).isNotEqualTo(model.tensor("conv.weight"));
        // Some see no gradient in one step, behind a ReLU.
        assertThat(zeros(trained(SPEC, model, rule, 1)))
                .as("without a power")
                .hasSizeLessThan(zeros(model).size() / 2);
    }

    /** A client that has momentum gets a pruned model: what was pruned must not coast on. */
    @Test
    void momentumOfBeforeDoesNotMoveZeros() {
        ModelSpec spec = power(1.25f);
        Network network = new Network(workspace, spec);
        network.load(Fixtures.randomModel(spec, 6));
        Sgd rule = new Sgd(0.9f, false, 0, 0);
        try (TrainingSession session = new TrainingSession(network, samples, TRANSFORM, COUNT, COUNT, rule)) {
            session.begin(0.1f);
            session.trainEpoch(ORDER, COUNT);
            ModelState pruned = someZeros(network.state());
            network.load(pruned);
            session.begin(0.1f);
            for (int step = 0; step < 1000; step++) {
                session.trainEpoch(ORDER, COUNT);
            }
            assertThat(zeros(network.state())).isEqualTo(zeros(pruned));
        }
    }

    private static ModelSpec power(float alpha) {
        return SPEC.withPower(new PowerPropagation(alpha));
    }

    private static ModelState weights(ModelState theta, PowerPropagation power) {
        List<TensorState> tensors = new ArrayList<>();
        for (int t = 0; t < theta.tensors().size(); t++) {
            TensorState tensor = theta.tensors().get(t);
            boolean weight = SPEC.parameters().get(t).kind() == Kind.WEIGHT;
            float[] values = tensor.values().clone();
            for (int i = 0; weight && i < values.length; i++) {
                values[i] = (float) power.weight(values[i]);
            }
            tensors.add(tensor.with(tensor.pattern(), values));
        }
        return new ModelState(tensors);
    }

    /** Every third weight is zero; there is no pattern. */
    private static ModelState someZeros(ModelState model) {
        List<TensorState> tensors = new ArrayList<>(model.tensors());
        for (int t = 0; t < tensors.size(); t++) {
            if (SPEC.parameters().get(t).kind() == Kind.WEIGHT) {
                float[] values = tensors.get(t).values().clone();
                for (int i = 0; i < values.length; i += 3) {
                    values[i] = 0;
                }
                tensors.set(t, tensors.get(t).with(null, values));
            }
        }
        return new ModelState(tensors);
    }

    /** Tensor and index of every weight that is zero. */
    private static List<String> zeros(ModelState model) {
        List<String> zeros = new ArrayList<>();
        for (int t = 0; t < model.tensors().size(); t++) {
            if (SPEC.parameters().get(t).kind() == Kind.WEIGHT) {
                float[] values = model.tensors().get(t).values();
                for (int i = 0; i < values.length; i++) {
                    if (values[i] == 0) {
                        zeros.add(t + ":" + i);
                    }
                }
            }
        }
        return zeros;
    }

    private ModelState trained(ModelSpec spec, ModelState model, Sgd rule, int steps) {
        Network network = new Network(workspace, spec);
        network.load(model);
        train(network, rule, steps);
        return network.state();
    }

    private void train(Network network, Sgd rule, int steps) {
        try (TrainingSession session = new TrainingSession(network, samples, TRANSFORM, COUNT, COUNT, rule)) {
            session.begin(0.1f);
            for (int step = 0; step < steps; step++) {
                session.trainEpoch(ORDER, COUNT);
            }
        }
    }

    private ModelState gradients(ModelSpec spec, ModelState model) {
        Network network = new Network(workspace, spec);
        network.load(model);
        train(network, Sgd.PLAIN, 1);
        return network.gradients();
    }

    private double loss(ModelSpec spec, ModelState model) {
        Network network = new Network(workspace, spec);
        network.load(model);
        try (EvaluationSession session = new EvaluationSession(network, samples, TRANSFORM, COUNT)) {
            return session.evaluate().loss();
        }
    }
}
