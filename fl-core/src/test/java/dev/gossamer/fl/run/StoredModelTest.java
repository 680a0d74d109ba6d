package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.export.ExportFormat;
import dev.gossamer.fl.export.PortableModel;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.sparsity.DensityRule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Models that runs have left, and runs that begin with them. */
class StoredModelTest extends BackendRuns {

    StoredModelTest(String name) {
        super(name);
    }

    private static ExperimentConfig config(Map<String, String> overrides) {
        Map<String, String> settings =
                new HashMap<>(Map.of("clients", "6", "rounds", "3", "epochs", "1", "batch", "8", "lr", "0.1"));
        settings.putAll(overrides);
        return ExperimentConfig.resolve(null, settings);
    }

    private RunResult run(Map<String, String> overrides, Path out) {
        return run(Experiment.prepare(config(overrides), data, choice, 1), RunDirectory.create(out, false), 0);
    }

    /** Stopped after a round, or not at all where that is 0. */
    private static RunResult run(Experiment experiment, RunDirectory directory, int stopAfter) {
        StopSignal stop = new StopSignal();
        RunListener listener = new RunListener() {
            @Override
            public void roundDone(RoundMetrics metrics) {
                if (metrics.round() == stopAfter) {
                    stop.give();
                }
            }
        };
        try (directory) {
            return experiment.run(directory, listener, stop);
        }
    }

    @Test
    void aStoredModelDoesAsWellAsItDidInItsRun() {
        for (Map<String, String> settings : List.of(
                Map.of("sparsity", "0.8"),
                Map.of("method", "sparsefedpp"),
                Map.of("method", "swat-fedavg", "sparsity", "0.8"))) {
            Path out = folder.resolve(settings.keySet().toString());
            RunResult result = run(settings, out);
            StoredModel stored = StoredModel.of(out);
            assertThat(stored.one()).isEqualTo(data.one());
            // What training has left at exactly 0 counts in a run, but a file does not tell it from what was pruned.
            assertThat(stored.theta().nnz())
                    .isBetween(result.nonZeroParameters() * 99 / 100, result.nonZeroParameters());
            assertThat(stored.metadata()).containsEntry("scale", "0.00390625").containsEntry("model", "mlp");
            try (Predictor predictor = new Predictor(choice.backend(), 1, stored)) {
                assertThat(predictor.evaluate(data.test()).accuracy()).isEqualTo(result.lastAccuracy());
                assertThat(predictor.evaluate(data.test()).loss()).isCloseTo(result.lastLoss(), within(1e-6));
                double[][] probabilities = predictor.probabilities(data.test());
                int right = 0;
                for (int sample = 0; sample < probabilities.length; sample++) {
                    double[] own = probabilities[sample];
                    assertThat(Arrays.stream(own).sum()).isCloseTo(1, within(1e-9));
                    right += own[data.test().label(sample)]
                                    == Arrays.stream(own).max().orElseThrow()
                            ? 1
                            : 0;
                }
                assertThat((double) right / probabilities.length).isEqualTo(result.lastAccuracy());
            }
        }
    }

    /** Batch norms have the statistics of the weights that were selected, and of no others. */
    @Test
    void layersThatSelectTheirWeightsAreTestedAndStoredAsTheyMultiply() {
        Experiment experiment =
                Experiment.prepare(config(Map.of("method", "swat-fedavg", "sparsity", "0.8")), data, choice, 1);
        Path out = folder.resolve("swat");
        RunResult result = run(experiment, RunDirectory.create(out, false), 0);
        StoredModel stored = StoredModel.of(out);

        SparseTraining swat = SparseTraining.swat(DensityRule.UNIFORM, 0.2);
        swat.densities(experiment.spec()).forEach((name, density) -> {
            TensorState weights = stored.theta().tensor(name);
            assertThat(weights.nnz()).as(name).isEqualTo(DensityRule.kept(density, weights.size()));
        });
        assertThat(result.sparsity()).isPositive();
    }

    @Test
    void whatIsNoFinishedRunIsRefused() throws IOException {
        assertThatThrownBy(() -> StoredModel.of(folder)).isInstanceOf(ConfigException.class);
        Path out = folder.resolve("run");
        run(Map.of(), out);
        Path manifest = out.resolve(RunDirectory.MANIFEST);
        String text = Files.readString(manifest);
        Files.writeString(manifest, text.replaceFirst("\"shape\" : \\[[^]]*]", "\"shape\" : [ 1, 0, 3 ]"));
        assertThatThrownBy(() -> StoredModel.of(out))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(manifest + ": [1,0,3] is no shape");
        // As the first builds wrote it: the shape is the published one, which this data set has not.
        Files.writeString(manifest, text.replaceFirst("\"shape\" : \\[[^]]*],", ""));
        assertThatThrownBy(() -> StoredModel.of(out))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("fc1.weight")
                .hasMessageContaining("784");
        Files.delete(out.resolve(RunDirectory.MODEL));
        assertThatThrownBy(() -> StoredModel.of(out))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("gossamer resume " + out);
    }

    @Test
    void publishedShapesAreThoseOfTheDataSets() {
        assertThat(DataSource.publishedShape("fashion-mnist")).isEqualTo(new Shape(1, 28, 28, 1));
        assertThat(DataSource.publishedShape("cifar100")).isEqualTo(new Shape(3, 32, 32, 1));
        assertThat(DataSource.publishedShape("speech-commands")).isEqualTo(new Shape(1, 40, 98, 1));
    }

    @Test
    void aRunBeginsWithTheModelOfAnother() throws IOException {
        for (String method : new String[] {"fedavg", "sparsefedpp"}) {
            Path first = folder.resolve("first-" + method);
            run(Map.of("method", method), first);
            StoredModel stored = StoredModel.of(first);
            Path weights = folder.resolve(method + ".safetensors");
            ExportFormat.SAFETENSORS.write(weights, PortableModel.of(stored));
            for (Path file : new Path[] {weights, first.resolve(RunDirectory.MODEL)}) {
                Map<String, String> settings = Map.of("method", method, "init", file.toString());
                Experiment experiment = Experiment.prepare(config(settings), data, choice, 1);
                float[] want = stored.theta().tensor("fc1.weight").toDense();
                float[] got = experiment.spec().initial(1).tensor("fc1.weight").values();
                assertThat(got).containsExactly(want, within(1e-6f));
            }
        }
    }

    @Test
    void aRunThatBeganWithAFileGoesOnWithoutIt() throws IOException {
        Path first = folder.resolve("first");
        run(Map.of("method", "fedavg", "seed", "7"), first);
        Path file = folder.resolve("start.safetensors");
        Files.copy(first.resolve(RunDirectory.MODEL), file);
        ExperimentConfig config = config(Map.of("init", file.toString()));
        Path whole = folder.resolve("whole");
        run(Experiment.prepare(config, data, choice, 1), RunDirectory.create(whole, false), 0);
        assertThat(whole.resolve(RunDirectory.INIT)).hasSameBinaryContentAs(file);
        assertThat(whole.resolve(RunDirectory.MANIFEST)).content().contains("\"init\"", file.toString());

        Path out = folder.resolve("out");
        assertThatThrownBy(() -> run(Experiment.prepare(config, data, choice, 1), RunDirectory.create(out, false), 1))
                .isInstanceOf(RunStoppedException.class);
        Files.delete(file);
        assertThatThrownBy(() -> Experiment.prepare(config, data, choice, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(file.toString());
        Experiment again = Experiment.prepare(StoredRun.of(out).config(), data, choice, 1, StoredRun.init(out));
        run(again, RunDirectory.resume(out), 0);
        assertThat(out.resolve(RunDirectory.MODEL)).hasSameBinaryContentAs(whole.resolve(RunDirectory.MODEL));
        assertThat(whole.resolve(RunDirectory.MODEL))
                .content(StandardCharsets.ISO_8859_1)
                .isNotEqualTo(plain());
    }

    /** The model of the same run with initial parameters that are drawn. */
    private String plain() throws IOException {
        run(Map.of(), folder.resolve("plain"));
        return Files.readString(folder.resolve("plain").resolve(RunDirectory.MODEL), StandardCharsets.ISO_8859_1);
    }
}
