package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.method.ClientException;
import dev.gossamer.fl.method.Traffic.Refusal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that drop out, are late, throw, or send what cannot be used: the others of their round go on. */
class FaultyClientsTest {

    @TempDir
    Path folder;

    private Backends.Choice choice;
    private Dataset data;
    private int runs;

    @BeforeEach
    void open() {
        choice = Backends.open("cpu-vector", BackendOptions.defaults());
        data = TestData.rows();
    }

    @AfterEach
    void close() {
        choice.backend().close();
        data.close();
    }

    @Test
    void everyKindIsCountedWithItsReason() {
        List<RoundMetrics> rounds = run(Map.of("faults", "throw:1,slow:1,nan:1,shape:1,round:1,corrupt:1"));

        for (RoundMetrics round : rounds) {
            assertThat(round.asked()).isEqualTo(8);
            assertThat(round.answered()).isEqualTo(2);
            assertThat(round.refused()).hasSize(6);
            assertThat(round.refused().stream().map(Refusal::client))
                    .doesNotHaveDuplicates()
                    .isSorted();
            for (String reason : List.of(
                    "its work threw",
                    "missed the deadline",
                    "is NaN",
                    "tensors",
                    "round " + (round.round() - 1),
                    "damaged")) {
                assertThat(round.refused().stream().map(Refusal::reason))
                        .filteredOn(said -> said.contains(reason))
                        .as(reason)
                        .hasSize(1);
            }
        }
        assertThat(rounds.get(0).refused())
                .as("others in another round")
                .isNotEqualTo(rounds.get(1).refused());
    }

    @Test
    void clientsDropOutAsOftenAsAsked() {
        List<RoundMetrics> rounds = run(Map.of("dropout", "0.3", "rounds", "40", "epochs", "1"));

        int asked = rounds.stream().mapToInt(RoundMetrics::asked).sum();
        List<Refusal> refused =
                rounds.stream().flatMap(round -> round.refused().stream()).toList();
        assertThat(asked).isEqualTo(8 * 40);
        assertThat(refused).allMatch(refusal -> refusal.reason().equals("it dropped out"));
        // 96 are expected, with a deviation of 8.
        assertThat(refused).hasSizeBetween(96 - 4 * 8, 96 + 4 * 8);
        assertThat(run(Map.of("dropout", "0.3", "rounds", "40", "epochs", "1")))
                .extracting(RoundMetrics::refused)
                .isEqualTo(rounds.stream().map(RoundMetrics::refused).toList());
    }

    @Test
    void thoseThatFailAreAskedAgain() {
        List<RoundMetrics> rounds = run(Map.of("faults", "nan:1,corrupt:1", "retries", "1"));

        assertThat(rounds).allSatisfy(round -> {
            assertThat(round.asked()).isEqualTo(10);
            assertThat(round.answered()).isEqualTo(8);
            assertThat(round.refused()).hasSize(2);
        });
        assertThat(run(Map.of("dropout", "0.5", "retries", "20")))
                .extracting(RoundMetrics::answered)
                .containsOnly(8);
    }

    /** Everybody is asked twice, in the same order: squares, momentum and what rounding took away are those of one answer. */
    @Test
    void thoseThatAreAskedAgainBeginWithWhatTheyKnew() {
        for (Map<String, String> settings : List.of(
                Map.of("method", "prunefl", "adjustEvery", "2", "firstEpochs", "1"),
                Map.of("momentum", "0.9", "optimizer", "keep"),
                Map.of("uploadValues", "bfloat16"),
                Map.of("method", "snip", "uploadValues", "bfloat16"))) {
            Map<String, String> asked = new HashMap<>(settings);
            asked.put("rounds", "4");
            List<Double> once = run(asked).stream().map(RoundMetrics::loss).toList();
            asked.putAll(Map.of("faults", "corrupt:8", "retries", "1"));
            assertThat(run(asked))
                    .as("%s", settings)
                    .extracting(RoundMetrics::loss)
                    .isEqualTo(once);
        }
    }

    @Test
    void injectedFaultsHitTheTrainingAndNotTheScreeningBeforeIt() {
        for (String method : List.of("snip", "grasp", "prunefl")) {
            List<RoundMetrics> rounds =
                    run(Map.of("method", method, "faults", "nan:1", "retries", "3", "minResults", "2"));

            // One finds a mask, eight train, one of them twice.
            assertThat(rounds.getFirst().asked()).as(method).isEqualTo(10);
            assertThat(rounds.getFirst().answered()).as(method).isEqualTo(9);
            assertThat(rounds)
                    .as(method)
                    .allSatisfy(round -> assertThat(round.refused())
                            .singleElement()
                            .satisfies(refusal -> assertThat(refusal.reason()).contains("is NaN")));
        }
    }

    @Test
    void thoseThatFailToFindAMaskAreAskedAgain() {
        for (int seed = 0; seed < 10; seed++) {
            assertThat(run(Map.of("method", "snip", "dropout", "0.3", "retries", "20", "seed", Integer.toString(seed))))
                    .as("seed %d", seed)
                    .extracting(RoundMetrics::answered)
                    .containsExactly(9, 8, 8);
        }
    }

    @Test
    void whereOneIsAskedInVainTheNextFindsTheMask() {
        List<Integer> screened = new ArrayList<>();
        for (int seed = 0; seed < 10; seed++) {
            RoundMetrics first = run(Map.of(
                            "method", "snip", "dropout", "0.4", "rounds", "1", "seed", Integer.toString(seed)))
                    .getFirst();
            screened.add(first.asked() - 8);
            assertThat(first.answered() + first.refused().size()).isEqualTo(first.asked());
        }
        assertThat(screened).contains(1).anyMatch(asked -> asked > 1);
    }

    @Test
    void whereNobodyFindsAMaskTheRunEnds() {
        assertThatThrownBy(() -> run(Map.of("method", "snip", "deadline", "1e-9", "retries", "1")))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("the first of 16 that cannot be used; 0 of 8 clients");
    }

    @Test
    void fewerThanARoundNeedsAreAnErrorThatLeavesTheRunToGoOn() {
        Map<String, String> settings = Map.of("dropout", "0.4", "minResults", "7", "rounds", "30");

        assertThatThrownBy(() -> run(settings))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("it dropped out")
                .hasMessageContaining("of 8 clients sent what can be, and a round needs 7");
        assertThat(folder.resolve("0/config.yaml")).exists();
        assertThat(folder.resolve("0/result.json")).doesNotExist();
    }

    @Test
    void aDeadlineThatNobodyMeetsLeavesNoOne() {
        assertThatThrownBy(() -> run(Map.of("deadline", "1e-9")))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("the deadline is 1.0E-9 s");
        assertThat(run(Map.of("deadline", "1000")))
                .extracting(RoundMetrics::answered)
                .containsOnly(8);
    }

    @Test
    void theSettingsAreKeptAndChecked() {
        ExperimentConfig config = config(Map.of("dropout", "0.25", "faults", "corrupt:2, nan:1", "retries", "3"));
        assertThat(config.toMap())
                .containsEntry("dropout", 0.25)
                .containsEntry("faults", "nan:1,corrupt:2")
                .containsEntry("retries", 3)
                .doesNotContainKeys("deadline", "minResults");
        for (String wrong : List.of("nan", "nan:0", "nan:1,nan:2", "fire:1", "nan:x", "")) {
            assertThatThrownBy(() -> config(Map.of("faults", wrong)))
                    .as(wrong)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("faults is " + wrong)
                    .hasMessageContaining("kinds are throw, slow, nan, shape, round, corrupt");
        }
        assertThatThrownBy(() -> config(Map.of("minResults", "9")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("minResults is 9, but must be at most the clients of a round, which are 8");
        assertThatThrownBy(() -> config(Map.of("faults", "nan:5,slow:4")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(
                        "faults is nan:5,slow:4, but must be of at most the clients of a round, which are 8");
    }

    private static ExperimentConfig config(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(
                Map.of("clients", "8", "rounds", "3", "epochs", "1", "batch", "8", "lr", "0.1", "method", "fedavg"));
        all.putAll(settings);
        return ExperimentConfig.resolve(null, all);
    }

    private List<RoundMetrics> run(Map<String, String> settings) {
        Experiment experiment = Experiment.prepare(config(settings), data, choice, 2);
        List<RoundMetrics> heard = new ArrayList<>();
        RunListener listener = new RunListener() {
            @Override
            public void roundDone(RoundMetrics metrics) {
                heard.add(metrics);
            }
        };
        try (RunDirectory directory = RunDirectory.create(folder.resolve(Integer.toString(runs++)), false)) {
            experiment.run(directory, listener);
        }
        return heard;
    }
}
