package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.fl.method.LearningRate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExperimentConfigTest {

    @TempDir
    Path folder;

    @Test
    void theCommandLineGoesBeforeTheFileAndTheFileBeforeDefaults() throws IOException {
        Path yaml = yaml("rounds: 200\nsparsity: 0.95\npartition: label-blocks:2\n");

        ExperimentConfig config = ExperimentConfig.resolve(yaml, Map.of("rounds", "20"));

        assertThat(config.rounds()).isEqualTo(20);
        assertThat(config.options().real("sparsity")).isEqualTo(0.95);
        assertThat(config.partition()).isEqualTo("label-blocks:2");
        assertThat(config.seed()).isEqualTo(1990);
        assertThat(config.clients()).isEqualTo(10);
    }

    @Test
    void whatIsWrittenIsReadBackTheSame() throws IOException {
        ExperimentConfig config = ExperimentConfig.resolve(
                null, Map.of("lr", "0.05", "seed", "-3", "partition", "label-blocks:2", "pruningExponent", "2.5"));
        Path yaml = yaml(Yaml.write(config.toMap()));

        assertThat(ExperimentConfig.resolve(yaml, Map.of())).isEqualTo(config);
        assertThat(Files.readString(yaml)).startsWith("dataset: strokes\n").contains("\nlr: 0.05\n");
        assertThat(config.toMap().keySet())
                .isSubsetOf(ExperimentConfig.settings("fedsparsify-global").stream()
                        .map(Setting::key)
                        .toList());
    }

    @Test
    void methodsThatDoNotPruneHaveNoPruningSettings() {
        ExperimentConfig config = ExperimentConfig.resolve(null, Map.of("method", "fedavg"));

        assertThat(config.toMap()).doesNotContainKey("sparsity").doesNotContainKey("pruningStart");
    }

    @Test
    void aSettingOfOtherMethodsIsRefusedNamingThem() throws IOException {
        assertThatThrownBy(() -> ExperimentConfig.resolve(null, Map.of("method", "fedavg", "sparsity", "0.9")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--sparsity")
                .hasMessageContaining("method fedavg has no setting 'sparsity'")
                .hasMessageContaining("fedsparsify-global");
        Path yaml = yaml("method: fedavg\nsparsity: 0.9\n");
        assertThatThrownBy(() -> ExperimentConfig.resolve(yaml, Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(yaml.toString());
    }

    @Test
    void anotherMethodThanTheFilesLeavesOutWhatOnlyThatOneHas() throws IOException {
        Path yaml = yaml("method: fedsparsify-global\nsparsity: 0.9\nrounds: 7\n");

        ExperimentConfig config = ExperimentConfig.resolve(yaml, Map.of("method", "fedavg"));

        assertThat(config.rounds()).isEqualTo(7);
        assertThat(config.options().has("sparsity")).isFalse();
    }

    @Test
    void learningRatesFollowTheirSchedule() {
        Map<String, String> exponential = Map.of("lrSchedule", "exponential", "rounds", "700");
        LearningRate rate = ExperimentConfig.resolve(null, exponential).learningRate();
        assertThat(rate.at(350)).isCloseTo(0.0316228, within(1e-7));
        assertThat(rate.at(700)).isCloseTo(0.01, within(1e-15));

        LearningRate steps = ExperimentConfig.resolve(null, Map.of("lrSchedule", "step", "lrEvery", "2"))
                .learningRate();
        assertThat(IntStream.rangeClosed(1, 5).mapToDouble(steps::at))
                .containsExactly(0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1, 0.1 * StrictMath.pow(0.1, 2));
        assertThat(ExperimentConfig.defaults().learningRate().at(9)).isEqualTo(0.1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    sparsity        | 1.5      | a number from 0 to 1
                    sparsity        | -0.1     | a number from 0 to 1
                    sparsity        | NaN      | a number from 0 to 1
                    sparsity        | most     | a number from 0 to 1
                    rounds          | 0        | from 1 to
                    rounds          | 2.5      | a whole number
                    clients         | -1       | from 1 to
                    participation   | 0        | above 0, at most 1
                    momentum        | 1        | from 0 to below 1
                    lr              | Infinity | above 0, at most 1000
                    method          | fedmagic | one of fedavg, fedprox, mfl
                    dataset         | cifar    | one of strokes, fashion-mnist, mnist
                    model           | vgg      | one of mlp, lenet-300-100, linear
                    augment         | mixup    | one of none, crop-flip
                    seed            | today    | a whole number of 64 bits
                    partition       | quatsch  | iid, natural, label-blocks:K
                    uploadValues    | int8     | one of float32, float16, bfloat16
                    initialSparsity | 0.95     | at most sparsity
                    pruningStart    | 21       | at most rounds
                    """)
    void aBadValueIsNamedWithWhatIsAllowed(String key, String value, String allowed) {
        assertThatThrownBy(() -> ExperimentConfig.resolve(null, Map.of(key, value, "batch", "16")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--" + key)
                .hasMessageContaining(value)
                .hasMessageContaining(allowed);
    }

    @Test
    void fedDstNeedsWeightsToExchange() {
        assertThatThrownBy(() -> ExperimentConfig.resolve(null, Map.of("method", "feddst", "sparsity", "1")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("--sparsity: sparsity is 1, but must be a number from 0 to below 1");
    }

    @Test
    void aBadValueInAFileNamesTheFile() throws IOException {
        Path yaml = yaml("sparsity: 1.5\n");

        assertThatThrownBy(() -> ExperimentConfig.resolve(yaml, Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage(yaml + ", line 1: sparsity is 1.5, but must be a number from 0 to 1");
    }

    @Test
    void anUnknownKeyIsNamedWithTheKnownOnes() throws IOException {
        Path yaml = yaml("rounds: 3\nsparsty: 0.9\n");

        assertThatThrownBy(() -> ExperimentConfig.resolve(yaml, Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(yaml.toString())
                .hasMessageContaining("'sparsty'")
                .hasMessageContaining("participation");
    }

    @Test
    void brokenFilesAreNamed() throws IOException {
        Path absent = folder.resolve("absent.yaml");
        assertThatThrownBy(() -> ExperimentConfig.resolve(absent, Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(absent.toString())
                .hasMessageContaining("no such file");
        assertBroken("rounds: \"1\n", "not valid YAML");
        assertBroken("rounds: 1\nrounds: 2\n", "rounds");
        assertBroken("- rounds\n", "key: value");
        assertBroken("rounds: {t: 1}\n", "single value");
        assertBroken("rounds:\n", "single value");
    }

    @Test
    void anEmptyFileIsAllDefaults() throws IOException {
        assertThat(ExperimentConfig.resolve(yaml("# nothing\n"), Map.of())).isEqualTo(ExperimentConfig.defaults());
        assertThat(ExperimentConfig.resolve(null, Map.of())).isEqualTo(ExperimentConfig.defaults());
    }

    @Test
    void participationRoundsDownButNotBecauseOfBinaryFractions() {
        assertThat(with("participation", "0.29", "clients", "100").clientsPerRound())
                .isEqualTo(29);
        assertThat(with("participation", "0.1", "clients", "15").clientsPerRound())
                .isEqualTo(1);
        assertThat(with("participation", "0.01", "clients", "10").clientsPerRound())
                .isEqualTo(1);
        assertThat(with("participation", "1", "clients", "10").clientsPerRound())
                .isEqualTo(10);
    }

    @Test
    void thePeriodIsSwatsOwnWhereNothingIsSaid() {
        Map<String, String> swat = new HashMap<>(Map.of("method", "swat-fedavg", "momentum", "0.9"));
        assertThat(ExperimentConfig.resolve(null, swat).options().integer("refresh"))
                .isEqualTo(10);
        swat.put("distribution", "momentum");
        ExperimentConfig config = ExperimentConfig.resolve(null, swat);
        assertThat(config.options().integer("refresh")).isEqualTo(20);
        assertThat(config.toMap()).containsEntry("refresh", 20L);
        swat.put("refresh", "10");
        assertThat(ExperimentConfig.resolve(null, swat).options().integer("refresh"))
                .isEqualTo(10);
    }

    @Test
    void settingsThatDoNotFitTogetherAreRefused() {
        assertThatThrownBy(() -> ExperimentConfig.resolve(null, Map.of("method", "mfl")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("momentum is 0.0, but must be above 0 for method mfl");
        assertThatThrownBy(() -> ExperimentConfig.resolve(null, Map.of("optimizer", "keep")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("optimizer is keep, but must be reset where momentum is 0");
        for (String method : List.of("swat-fedavg", "zerofl")) {
            assertThatThrownBy(
                            () -> ExperimentConfig.resolve(null, Map.of("method", method, "distribution", "momentum")))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("momentum is 0.0, but must be above 0 where distribution is momentum");
        }
        assertThatThrownBy(() -> ExperimentConfig.resolve(
                        null, Map.of("method", "oneshot-finetune", "rounds", "5", "tuneRounds", "5")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("tuneRounds is 5, but must be below rounds");
    }

    @Test
    void whatWouldBeIgnoredIsRefused() throws IOException {
        assertIgnored(
                "optimizer is keep, but must be reset", "method", "prunefl", "momentum", "0.9", "optimizer", "keep");
        assertIgnored(
                "mean is holders, but must be all where upload is top-k-weights-diff",
                "method",
                "zerofl",
                "upload",
                "top-k-weights-diff",
                "mean",
                "holders");
        assertIgnored(
                "voteThreshold is floor, but must be half where aggregate is fedavg",
                "method",
                "fedsparsify-local",
                "aggregate",
                "fedavg",
                "voteThreshold",
                "floor");
        assertIgnored("lrFinal is 0.02, but must be left out where lrSchedule is constant", "lrFinal", "0.02");
        assertIgnored(
                "lrFactor is 0.1, but must be left out where lrSchedule is exponential",
                "lrSchedule",
                "exponential",
                "lrFactor",
                "0.1");
        assertIgnored("lrEvery is 50, but must be left out where lrSchedule is constant", "lrEvery", "50");
        Path yaml = yaml("lrFinal: 0.02\n");
        assertThatThrownBy(() -> ExperimentConfig.resolve(yaml, Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(yaml + ", line 1: lrFinal is 0.02");
    }

    /** A line of a file cannot be taken back by an option, so what an option makes of no use is left out. */
    @Test
    void whatAnOptionMakesMootInAFileIsLeftOut() throws IOException {
        Path rates = yaml("lrSchedule: exponential\nlrFinal: 0.02\n");
        assertThat(ExperimentConfig.resolve(rates, Map.of("lrSchedule", "constant"))
                        .toMap())
                .isEqualTo(ExperimentConfig.defaults().toMap());

        Path means = yaml("method: zerofl\nmean: holders\n");
        ExperimentConfig config = ExperimentConfig.resolve(means, Map.of("upload", "top-k-weights-diff"));
        assertThat(config.options().text("mean")).isEqualTo("all");
        assertThat(ExperimentConfig.resolve(yaml(config.toYaml()), Map.of())).isEqualTo(config);

        Path optimizer = yaml("method: fedavg\nmomentum: 0.9\noptimizer: keep\n");
        assertThat(ExperimentConfig.resolve(optimizer, Map.of("method", "snip")).keepsMomentum())
                .isTrue();
    }

    private static void assertIgnored(String message, String... settings) {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        assertThatThrownBy(() -> ExperimentConfig.resolve(null, map))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    private static ExperimentConfig with(String key, String value, String other, String its) {
        return ExperimentConfig.resolve(null, Map.of(key, value, other, its));
    }

    private void assertBroken(String text, String problem) throws IOException {
        Path yaml = yaml(text);
        assertThatThrownBy(() -> ExperimentConfig.resolve(yaml, Map.of()))
                .as(text)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(yaml.toString())
                .hasMessageContaining(problem);
    }

    private Path yaml(String text) throws IOException {
        return Files.writeString(folder.resolve("experiment.yaml"), text);
    }
}
