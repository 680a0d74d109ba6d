package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.SharedData;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.data.Cifar10;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.FashionMnist;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.method.SwatFedAvg;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.PruningScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Short runs on small parts of real data end as sparse as they were asked to, on the backend that people train with. What
 * {@link MethodRoundsTest} runs on all backends is smaller and sparse to 70 %.
 */
class RealDataRoundsTest {

    private static final String BACKEND = "cpu-vector";
    private static final int CLIENTS = 3;
    private static final int ROUNDS = 3;
    private static final double SPARSITY = 0.95;
    private static final int ONE_OF = 20;

    /** Those whose clients compute in ways of their own. */
    private static final List<String> CONVOLUTIONAL =
            List.of("fedavg", "fedsparsify-global", "topk", "swat-fedavg", "zerofl", "sparsefedpp");

    @BeforeEach
    void onlyHere() {
        if (!TestBackends.names().contains(BACKEND)) {
            String reason = "this run is of " + TestBackends.names() + ", the test of " + BACKEND;
            System.out.println("SKIPPED: " + reason);
            Assumptions.abort(reason);
        }
    }

    @Test
    void everyMethodEndsAsSparseAsAskedOnFashionMnist() {
        try (Dataset data = FashionMnist.load(SharedData.folder("fashion-mnist"))) {
            MethodCatalog.names().forEach(method -> check(method, "mlp", data, 96, 32));
        }
    }

    @Test
    void methodsOfConvolutionsEndAsSparseAsAskedOnCifar10() {
        try (Dataset data = Cifar10.load(SharedData.folder("cifar10"))) {
            CONVOLUTIONAL.forEach(method -> check(method, "cnn-cifar10", data, 32, 16));
        }
    }

    private static void check(String method, String model, Dataset data, int samples, int batch) {
        try (Backend backend = TestBackends.open(BACKEND)) {
            Backends.Choice choice = new Backends.Choice(backend, BACKEND, Backends.Source.ARGUMENT, "");
            Experiment experiment = Experiment.prepare(config(method, model, data, batch), data, choice, 1);
            int[][] parts = IntStream.range(0, CLIENTS)
                    .mapToObj(client -> IntStream.range(client * samples, (client + 1) * samples)
                            .toArray())
                    .toArray(int[][]::new);
            try (LocalClientRunner clients = new LocalClientRunner(backend, experiment.spec(), data, parts, 1990, 1)) {
                run(experiment, clients);
            }
        }
    }

    private static ExperimentConfig config(String method, String model, Dataset data, int batch) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("method", method);
        settings.put("model", model);
        settings.put("dataset", data.name());
        settings.put("rounds", Integer.toString(ROUNDS));
        settings.put("batch", Integer.toString(batch));
        settings.put("epochs", "1");
        settings.put("lr", "0.01");
        settings.put("momentum", "0.5");
        for (Setting option : MethodCatalog.named(method).options()) {
            switch (option.key()) {
                case "sparsity" -> settings.put("sparsity", Double.toString(SPARSITY));
                case "tuneRounds" -> settings.put("tuneRounds", "1");
                case "firstEpochs" -> settings.put("firstEpochs", "2");
                case "adjustEvery" -> settings.put("adjustEvery", "2");
                case "adjustUntil" -> settings.put("adjustUntil", "1");
                default -> {}
            }
        }
        return ExperimentConfig.resolve(null, settings);
    }

    private static void run(Experiment experiment, LocalClientRunner clients) {
        List<ModelState> sent = new ArrayList<>();
        ClientRunner listening = (message, cohort, work, updates) -> clients.run(message, cohort, work, update -> {
            if (cohort.round() == ROUNDS) {
                ModelState received = WireCodec.decode(message).model();
                sent.add(WireCodec.decode(update.message(), DecodeOptions.DEFAULT, received)
                        .model());
            }
            updates.accept(update);
        });
        FederatedMethod method = experiment.method();
        ServerState state = method.init(1990);
        for (int round = 1; round <= ROUNDS; round++) {
            state = method.round(state, new Cohort(round, List.of(0, 1, 2)), listening)
                    .state();
        }
        assertThat(clients.evaluate(state.model()).loss()).as(method.name()).isFinite();
        checkSparsity(experiment, method, state.model(), sent);
    }

    private static void checkSparsity(
            Experiment experiment, FederatedMethod method, ModelState model, List<ModelState> sent) {
        ModelSpec spec = experiment.spec();
        long all = spec.parameterCount();
        long weights = spec.weightCount();
        long others = all - weights;
        long left = model.nnz() - spec.stateCount();
        String name = method.name();
        switch (name) {
            case "fedavg", "fedprox", "mfl", "fedavgm" ->
                assertThat(left).as(name).isEqualTo(all);
            case "swat-fedavg" -> {
                assertThat(left).as(name).isEqualTo(all);
                checkProducts(spec, (SwatFedAvg) method, model);
            }
            case "fedsparsify-global", "oneshot", "oneshot-finetune", "random" ->
                assertThat(left).as(name).isEqualTo(all - (long) (SPARSITY * all));
            case "snip" -> {
                PruningScope scope = PruningScope.of(PruningScope.CONNECTIONS, spec);
                assertThat(left).as(name).isEqualTo(all - scope.size() + Math.round((1 - SPARSITY) * scope.size()));
            }
            case "grasp" -> assertThat(left).as(name).isEqualTo(weights - (long) (SPARSITY * weights) + others);
            case "feddst" ->
                assertThat((double) left).as(name).isCloseTo((1 - SPARSITY) * weights + others, within(3.0));
            case "prunefl" -> assertThat(left).as(name).isBetween(1L, all - 1);
            case "fedsparsify-local" -> checkSent(name, spec, sent, all - (long) (SPARSITY * all));
            case "topk", "sparsefedpp" ->
                checkSent(name, spec, sent, weights - Math.round(SPARSITY * weights) + others);
            case "zerofl" -> checkSent(name, spec, sent, Math.ceilDiv(weights, ONE_OF) + others);
            default -> throw new AssertionError("what " + name + " ends with is not known here; add it");
        }
    }

    private static void checkSent(String name, ModelSpec spec, List<ModelState> sent, long expected) {
        assertThat(sent).as(name).hasSize(CLIENTS);
        assertThat(sent.stream().map(model -> model.nnz() - spec.stateCount()))
                .as(name)
                .containsOnly(expected);
    }

    /** SWAT trains all weights: as sparse as it was asked to be is what it multiplies with, but for the first layer. */
    private static void checkProducts(ModelSpec spec, SwatFedAvg swat, ModelState model) {
        boolean first = true;
        for (TensorState tensor : swat.training().sparse().selected(spec, model).tensors()) {
            if (tensor.name().endsWith(".weight") && tensor.shape().length > 1) {
                long expected = first ? tensor.size() : Math.ceilDiv(tensor.size(), ONE_OF);
                assertThat(tensor.nnz()).as(tensor.name()).isEqualTo(expected);
                first = false;
            }
        }
    }
}
