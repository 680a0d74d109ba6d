package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.PoolSpec.Kind;
import dev.gossamer.fl.sparsity.ActivationSparsity;
import dev.gossamer.fl.sparsity.DensityRule;
import dev.gossamer.fl.sparsity.PowerPropagation;
import dev.gossamer.fl.sparsity.WeightSparsity;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers that multiply by a selection of their weights and save a selection of their input. */
@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
class SparseTrainingTest {

    private static final PixelTransform TRANSFORM = PixelTransform.scale(1f / 256);
    private static final Shape ONE = new Shape(1, 6, 6, 1);
    private static final int COUNT = 40;
    private static final int BATCH = 12;
    private static final MemorySegment ORDER =
            MemorySegment.ofArray(IntStream.range(0, COUNT).toArray());
    private static final ModelSpec MLP = Models.mlp(36, 9, 5);

    private static final ModelSpec CNN = new ModelSpec(
            "cnn",
            ONE,
            List.of(
                    new ConvSpec("conv1", 5, 3, 1, 1, true, Activation.RELU),
                    new ConvSpec("conv2", 6, 3, 1, 1, true, Activation.RELU),
                    new PoolSpec("pool", Kind.MAX, Window.square(2)),
                    new ConvSpec("conv3", 7, 3, 1, 1, false, Activation.RELU),
                    new LinearSpec("fc", 5, Activation.IDENTITY)));

    private final String name;
    private Backend backend;
    private Workspace workspace;
    private Samples samples;

    SparseTrainingTest(String name) {
        this.name = name;
    }

    @BeforeEach
    void open() {
        backend = TestBackends.open(name);
        workspace = backend.workspace(1);
        samples = Fixtures.samples(
                workspace, Fixtures.randomPixels(COUNT, 36, 5), Fixtures.randomLabels(COUNT, 5, 5), ONE);
    }

    @AfterEach
    void close() {
        workspace.close();
        backend.close();
    }

    @Test
    void aDensityOfOneTrainsToTheSameBits() {
        ModelState model = Fixtures.randomModel(CNN, 1);
        ModelState dense = trained(CNN, model, SparseTraining.NONE, 2);
        for (DensityRule rule : DensityRule.values()) {
            assertThat(trained(CNN, model, SparseTraining.swat(rule, 1), 2)).isEqualTo(dense);
        }
        assertThat(trained(CNN, model, SparseTraining.measured(0.1), 2))
                .as("no weight is zero")
                .isEqualTo(dense);
    }

    /** Products and gradients of a linear network written out, with the selections taken from sorted numbers. */
    @Test
    void gradientsAreThoseOfTheSelections() {
        double density = 0.3;
        ModelState model = Fixtures.randomModel(MLP, 2);
        float[] w1 = model.tensors().get(0).values();
        float[] b1 = model.tensors().get(1).values();
        float[] w2 = model.tensors().get(2).values();
        float[] b2 = model.tensors().get(3).values();
        double[] densities = DensityRule.ERK.densities(List.of(List.of(9, 36), List.of(5, 9)), density);
        assertThat(densities[0]).as("the first layer is selected from").isLessThan(1);

        byte[] pixels = Fixtures.randomPixels(COUNT, 36, 5);
        byte[] labels = Fixtures.randomLabels(COUNT, 5, 5);
        float[] x = new float[36 * BATCH];
        for (int i = 0; i < x.length; i++) {
            x[i] = (pixels[i % BATCH * 36 + i / BATCH] & 0xff) / 256f;
        }
        float[] ws1 = top(w1, densities[0]);
        float[] ws2 = top(w2, densities[1]);
        float[] a1 = affine(ws1, x, b1, 9, 36);
        for (int i = 0; i < a1.length; i++) {
            a1[i] = Math.max(a1[i], 0);
        }
        float[] g2 = lossGradient(affine(ws2, a1, b2, 5, 9), labels);
        float[] g1 = new float[9 * BATCH];
        for (int j = 0; j < 9; j++) {
            for (int n = 0; n < BATCH; n++) {
                for (int i = 0; i < 5; i++) {
                    g1[j * BATCH + n] += a1[j * BATCH + n] > 0 ? ws2[i * 9 + j] * g2[i * BATCH + n] : 0;
                }
            }
        }

        ModelState got = gradients(MLP, model, SparseTraining.swat(DensityRule.ERK, density));

        close(got.tensors().get(0).values(), outer(g1, top(x, densities[0]), 9, 36));
        close(got.tensors().get(2).values(), outer(g2, top(a1, densities[1]), 5, 9));
    }

    /** A first batch sees what the selected model, pruned on the host, gives in evaluation. */
    @Test
    void theSelectedModelIsWhatAStepMultipliesWith() {
        for (ModelSpec spec : List.of(CNN, CNN.withPower(new PowerPropagation(1.25f)))) {
            SparseTraining swat = SparseTraining.swat(DensityRule.ERK, 0.3);
            ModelState model = Fixtures.randomModel(spec, 10);
            ModelState selected = swat.selected(spec, model);
            assertThat(selected.tensor("conv2.weight").nnz())
                    .isEqualTo(DensityRule.kept(swat.densities(spec).get("conv2.weight"), 6 * 5 * 9));
            assertThat(selected.tensor("conv2.bias")).isEqualTo(model.tensor("conv2.bias"));
            Network network = new Network(workspace, spec);
            network.load(model);
            double loss;
            try (TrainingSession session =
                    new TrainingSession(network, samples, TRANSFORM, Augment.NONE, COUNT, COUNT, Sgd.PLAIN, swat)) {
                session.begin(0.1f);
                session.trainEpoch(ORDER, COUNT);
                loss = session.lastEpoch().loss();
            }
            network.load(selected);
            try (EvaluationSession session = new EvaluationSession(network, samples, TRANSFORM, COUNT)) {
                assertThat(session.evaluate().loss()).isCloseTo(loss, within(1e-5));
            }
        }
    }

    private static float[] top(float[] numbers, double density) {
        long keep = DensityRule.kept(density, numbers.length);
        float[] kept = new float[numbers.length];
        IntStream.range(0, numbers.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(numbers[i])))
                .limit(keep)
                .forEach(i -> kept[i] = numbers[i]);
        return kept;
    }

    private static float[] affine(float[] w, float[] x, float[] b, int rows, int cols) {
        float[] y = new float[rows * BATCH];
        for (int i = 0; i < rows; i++) {
            for (int n = 0; n < BATCH; n++) {
                double sum = b[i];
                for (int j = 0; j < cols; j++) {
                    sum += (double) w[i * cols + j] * x[j * BATCH + n];
                }
                y[i * BATCH + n] = (float) sum;
            }
        }
        return y;
    }

    private static float[] lossGradient(float[] logits, byte[] labels) {
        float[] gradient = new float[logits.length];
        for (int n = 0; n < BATCH; n++) {
            double sum = 0;
            for (int i = 0; i < 5; i++) {
                sum += Math.exp(logits[i * BATCH + n]);
            }
            for (int i = 0; i < 5; i++) {
                double probability = Math.exp(logits[i * BATCH + n]) / sum;
                gradient[i * BATCH + n] = (float) ((probability - (labels[n] == i ? 1 : 0)) / BATCH);
            }
        }
        return gradient;
    }

    private static float[] outer(float[] g, float[] x, int rows, int cols) {
        float[] product = new float[rows * cols];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                double sum = 0;
                for (int n = 0; n < BATCH; n++) {
                    sum += (double) g[i * BATCH + n] * x[j * BATCH + n];
                }
                product[i * cols + j] = (float) sum;
            }
        }
        return product;
    }

    private static void close(float[] got, float[] want) {
        for (int i = 0; i < want.length; i++) {
            assertThat(got[i]).as("gradient %d", i).isCloseTo(want[i], within(2e-6f));
        }
    }

    /** Of the second layer, whose input no first selection changes: uniform leaves the first one dense. */
    @Test
    void aWeightOutsideTheSelectionIsTrainedAndComesIn() {
        SparseTraining swat = SparseTraining.swat(DensityRule.UNIFORM, 0.2);
        ModelState model = Fixtures.randomModel(CNN, 3);
        float[] before = model.tensor("conv3.weight").values();
        Set<Integer> selected = largest(before, 0.2);
        float[] gradient = gradients(CNN, model, swat).tensor("conv3.weight").values();
        long moving = IntStream.range(0, gradient.length)
                .filter(i -> !selected.contains(i) && gradient[i] != 0)
                .count();
        assertThat(moving).as("beside what dead channels see").isGreaterThan(gradient.length / 10);

        float[] after = trained(CNN, model, swat, 30).tensor("conv3.weight").values();
        assertThat(largest(after, 0.2)).isNotEqualTo(selected);
    }

    private static Set<Integer> largest(float[] numbers, double density) {
        float[] kept = top(numbers, density);
        Set<Integer> largest = new HashSet<>();
        for (int i = 0; i < kept.length; i++) {
            if (kept[i] != 0) {
                largest.add(i);
            }
        }
        return largest;
    }

    @Test
    void theFirstLayerStaysDenseUnderTheUniformRule() {
        ModelState model = Fixtures.randomModel(CNN, 4);
        Network network = new Network(workspace, CNN);
        network.load(model);
        SparsePlan plan = SparsePlan.of(SparseTraining.swat(DensityRule.UNIFORM, 0.2), network);
        assertThat(plan.of(network.parameters().getFirst())).isEqualTo(SparsePlan.Kept.ALL);
        assertThat(plan.layers().get("fc.weight")).isEqualTo(new SparsePlan.Kept(0.2, 0.2));
    }

    /** Linear layers select in every batch; of convolutions the period counts, anew in every epoch. */
    @Test
    void onlyConvolutionsReuseTheirThresholds() {
        WeightSparsity weights = new WeightSparsity(DensityRule.ERK, 0.3);
        List<ModelState> mlp = new ArrayList<>();
        List<ModelState> cnn = new ArrayList<>();
        for (int period : new int[] {1, 2, 4, 100, SparseTraining.ONCE}) {
            SparseTraining training = new SparseTraining(weights, ActivationSparsity.AS_WEIGHTS, period);
            mlp.add(trained(MLP, Fixtures.randomModel(MLP, 5), training, 2));
            cnn.add(trained(CNN, Fixtures.randomModel(CNN, 5), training, 2));
        }
        assertThat(mlp).containsOnly(mlp.getFirst());
        assertThat(new HashSet<>(cnn.subList(0, 3))).as("periods that differ").hasSize(3);
        assertThat(cnn.get(3)).as("an epoch has four batches").isEqualTo(cnn.get(2));
        assertThat(cnn.get(4)).as("once, over two epochs").isNotEqualTo(cnn.get(3));
    }

    /**
     * Two batches with every layer at the model's density, then as many weights as the formula gives: written out here with
     * weights and momentum of that time, for the convolutions' and the linear layer's alike.
     */
    @Test
    void densitiesFollowTheMomentumOfActiveWeights() {
        double density = 0.06;
        SparseTraining training = SparseTraining.swat(DensityRule.MOMENTUM, density, 2);
        Network network = new Network(workspace, CNN);
        network.load(Fixtures.randomModel(CNN, 11));
        List<String> names = List.of("conv1.weight", "conv2.weight", "conv3.weight", "fc.weight");
        try (TrainingSession session = session(network, training)) {
            session.begin(0.1f);
            session.trainEpoch(ORDER, 2 * BATCH);
            SparsePlan first = session.plan();
            for (String layer : names) {
                assertThat(first.layers().get(layer).weights())
                        .isCloseTo(density, within(1.0 / sizeOf(network.parameter(layer))));
            }
            double flops = session.flops();
            assertThat(flops).isCloseTo(2 * BATCH * first.flops(network), within(1e-9 * flops));

            Map<String, Long> expected = keptByMomentum(network, first, names, density);
            session.trainEpoch(ORDER, BATCH);
            assertThat(new HashSet<>(expected.values()))
                    .as("shares that differ")
                    .hasSizeGreaterThan(2);
            expected.forEach((layer, keep) -> {
                SparsePlan.Kept kept = session.plan().layers().get(layer);
                assertThat(kept.keptWeights(network.parameter(layer))).isEqualTo(keep);
                assertThat(kept.activations()).isEqualTo(kept.weights());
            });
            double third = BATCH * session.plan().flops(network);
            assertThat(session.flops()).isCloseTo(flops + third, within(1e-9 * flops));

            session.begin(0.1f);
            assertThat(session.plan()).isEqualTo(SparsePlan.of(training, network));
        }
    }

    private static long sizeOf(Parameter parameter) {
        return parameter.spec().size();
    }

    private static Map<String, Long> keptByMomentum(
            Network network, SparsePlan plan, List<String> names, double density) {
        Map<String, Double> means = new LinkedHashMap<>();
        for (String layer : names) {
            float[] weights = network.state().tensor(layer).values();
            float[] momentum = network.momentum().tensor(layer).values();
            double share = plan.layers().get(layer).weights();
            means.put(
                    layer,
                    largest(weights, share).stream()
                            .mapToDouble(i -> Math.abs(momentum[i]))
                            .average()
                            .orElseThrow());
        }
        double sum = means.values().stream().mapToDouble(Double::doubleValue).sum();
        double all = names.stream()
                .mapToDouble(layer -> sizeOf(network.parameter(layer)))
                .sum();
        Map<String, Long> kept = new LinkedHashMap<>();
        means.forEach((layer, mean) -> {
            double wanted = mean / sum * density * all;
            assertThat(wanted).as("nothing is over").isLessThan(0.99 * sizeOf(network.parameter(layer)));
            kept.put(layer, (long) Math.ceil(wanted));
        });
        return kept;
    }

    /** The loss of a batch after the change is that of the model that its densities leave. */
    @Test
    void aStepMultipliesWithWhatMomentumLeaves() {
        SparseTraining training = SparseTraining.swat(DensityRule.MOMENTUM, 0.3, 2);
        Network network = new Network(workspace, CNN);
        network.load(Fixtures.randomModel(CNN, 12));
        ModelState before;
        SparsePlan plan;
        double loss;
        try (TrainingSession session = session(network, training)) {
            session.begin(0.1f);
            session.trainEpoch(ORDER, 2 * BATCH);
            before = network.state();
            session.trainEpoch(ORDER, BATCH);
            plan = session.plan();
            loss = session.lastEpoch().loss();
        }
        assertThat(plan).isNotEqualTo(SparsePlan.of(training, network));
        network.load(new ModelState(before.tensors().stream()
                .map(tensor -> plan.layers().containsKey(tensor.name())
                        ? tensor.with(
                                null,
                                top(
                                        tensor.values(),
                                        plan.layers().get(tensor.name()).weights()))
                        : tensor)
                .toList()));
        Samples batch = Fixtures.samples(
                workspace,
                Arrays.copyOf(Fixtures.randomPixels(COUNT, 36, 5), BATCH * 36),
                Arrays.copyOf(Fixtures.randomLabels(COUNT, 5, 5), BATCH),
                ONE);
        try (EvaluationSession session = new EvaluationSession(network, batch, TRANSFORM, BATCH)) {
            assertThat(session.evaluate().loss()).isCloseTo(loss, within(1e-5));
        }
    }

    /** Dropout draws on after a change of densities, and the same for every run. */
    @Test
    void aChangeOfDensitiesKeepsRandomNumbersRepeatable() {
        ModelSpec spec = new ModelSpec(
                "dropping",
                ONE,
                List.of(
                        new ConvSpec("conv", 5, 3, 1, 1, true, Activation.RELU),
                        new DropoutSpec("dropout", 0.5f),
                        new LinearSpec("fc", 5, Activation.IDENTITY)));
        SparseTraining training = SparseTraining.swat(DensityRule.MOMENTUM, 0.3, 1);
        ModelState model = Fixtures.randomModel(spec, 13);
        assertThat(trained(spec, model, training, 2)).isEqualTo(trained(spec, model, training, 2));
    }

    @Test
    void measuredSharesAreThoseOfTheWeightsThatCame() {
        ModelState model = Fixtures.thinned(Fixtures.randomModel(CNN, 6), 0.3, 6);
        Network network = new Network(workspace, CNN);
        network.load(model);
        SparsePlan plan = SparsePlan.of(SparseTraining.measured(0.25), network);
        for (String layer : List.of("conv1", "conv2", "conv3", "fc")) {
            TensorState weights = model.tensor(layer + ".weight");
            assertThat(plan.layers().get(layer + ".weight"))
                    .isEqualTo(new SparsePlan.Kept(1, Math.max(0.25, (double) weights.nnz() / weights.size())));
        }
        // Zeros that are there count as zeros.
        ModelState explicit = new ModelState(model.tensors().stream()
                .map(tensor -> tensor.with(null, tensor.toDense()))
                .toList());
        network.load(explicit);
        assertThat(SparsePlan.of(SparseTraining.measured(0.25), network)).isEqualTo(plan);
    }

    /** SparseFedPP: a model whose patterns, and with them the shares, change from client to client. */
    @Test
    void aReusedSessionStartsEachClientAfresh() {
        ModelSpec spec = CNN.withPower(new PowerPropagation(1.25f));
        ModelState first = Fixtures.randomModel(spec, 7);
        ModelState second = Fixtures.thinned(Fixtures.randomModel(spec, 8), 0.4, 8);
        SparseTraining training = SparseTraining.measured(0.05);
        ModelState fresh = trained(spec, second, training, 2);
        Network network = new Network(workspace, spec);
        try (TrainingSession session = session(network, training)) {
            for (ModelState model : List.of(first, second)) {
                network.load(model);
                session.begin(0.1f);
                session.trainEpoch(ORDER, COUNT);
                session.trainEpoch(ORDER, COUNT);
            }
        }
        assertThat(network.state()).isEqualTo(fresh);
        assertThat(fresh.nnz()).isEqualTo(second.nnz());
    }

    /** What a model lacks is 0 at first, and trained like all else. */
    @Test
    void selectingFromAPatternedModelTrainsAllWeights() {
        ModelState whole = Fixtures.randomModel(CNN, 9);
        ModelState thin = Fixtures.thinned(whole, 0.5, 9);
        ModelState explicit = new ModelState(thin.tensors().stream()
                .map(tensor -> tensor.name().endsWith(".weight") ? tensor.with(null, tensor.toDense()) : tensor)
                .toList());
        SparseTraining swat = SparseTraining.swat(DensityRule.UNIFORM, 0.2);
        ModelState got = trained(CNN, thin, swat, 1);
        assertThat(got).isEqualTo(trained(CNN, explicit, swat, 1));
        assertThat(got.tensor("conv2.weight").pattern()).isNull();
        assertThat(got.tensor("conv2.bias").pattern()).isNotNull();
    }

    /** What is saved is the selection: the activations themselves pass by. */
    @Test
    void savedActivationsTakeLessMemory() {
        Footprint dense = footprint(SparseTraining.NONE);
        Footprint sparse = footprint(SparseTraining.swat(DensityRule.UNIFORM, 0.1));
        // The first input stays; a share of 0.1, a quarter more for thresholds of before, and an index for each number.
        assertThat(sparse.savedActivations()).isLessThan(dense.savedActivations() * 6 / 10);
        assertThat(sparse.plans()).isGreaterThan(dense.plans());
        assertThat(sparse.held()).isBetween((long) (0.9 * sparse.expected()), (long) (1.1 * sparse.expected()));
    }

    private Footprint footprint(SparseTraining training) {
        ModelSpec spec = new ModelSpec(
                "wide",
                ONE,
                List.of(
                        new ConvSpec("conv1", 32, 3, 1, 1, true, Activation.RELU),
                        new ConvSpec("conv2", 32, 3, 1, 1, true, Activation.RELU),
                        new ConvSpec("conv3", 32, 3, 1, 1, true, Activation.RELU),
                        new ConvSpec("conv4", 32, 3, 1, 1, true, Activation.RELU),
                        new LinearSpec("fc", 5, Activation.IDENTITY)));
        try (Workspace own = backend.workspace(1)) {
            Samples data = Fixtures.samples(own, new byte[32 * 36], new byte[32], ONE);
            long before = own.allocatedBytes();
            Network network = new Network(own, spec);
            network.load(spec.initial(1));
            try (TrainingSession session =
                    new TrainingSession(network, data, TRANSFORM, Augment.NONE, 32, 32, Sgd.PLAIN, training)) {
                return session.footprint(own.allocatedBytes() - before);
            }
        }
    }

    @Test
    void settingsThatContradictThemselvesAreRefused() {
        assertThatThrownBy(() -> new SparseTraining(WeightSparsity.NONE, ActivationSparsity.NONE, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("period");
        WeightSparsity weights = new WeightSparsity(DensityRule.UNIFORM, 0.1);
        assertThatThrownBy(() -> new SparseTraining(weights, ActivationSparsity.measured(0.1), 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("measured");
        assertThatThrownBy(() -> new WeightSparsity(DensityRule.ERK, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ActivationSparsity.measured(-0.1)).isInstanceOf(IllegalArgumentException.class);
    }

    private TrainingSession session(Network network, SparseTraining training) {
        Sgd rule = new Sgd(0.9f, false, 1e-3f, 0);
        return new TrainingSession(network, samples, TRANSFORM, Augment.NONE, BATCH, COUNT, rule, training);
    }

    private ModelState trained(ModelSpec spec, ModelState model, SparseTraining training, int epochs) {
        Network network = new Network(workspace, spec);
        network.load(model);
        try (TrainingSession session = session(network, training)) {
            session.begin(0.1f);
            for (int epoch = 0; epoch < epochs; epoch++) {
                session.trainEpoch(ORDER, COUNT);
            }
        }
        return network.state();
    }

    /** Of the first batch. */
    private ModelState gradients(ModelSpec spec, ModelState model, SparseTraining training) {
        Network network = new Network(workspace, spec);
        network.load(model);
        try (TrainingSession session = session(network, training)) {
            session.begin(0.1f);
            session.trainEpoch(ORDER, BATCH);
        }
        return network.gradients();
    }
}
