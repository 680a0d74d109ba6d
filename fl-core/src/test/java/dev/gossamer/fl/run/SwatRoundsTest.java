package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.ServerState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Methods whose layers multiply with a selection of their weights, over the local runner: SWAT and ZeroFL. */
class SwatRoundsTest extends MethodRounds {

    SwatRoundsTest(String name) {
        super(name);
    }

    @Test
    void zeroFlThatSendsEverythingIsSwat() {
        ModelState swat = run("swat-fedavg", SPARSITY).getLast().model();
        for (String upload : List.of("top-k-weights", "diff-on-top-k-weights", "top-k-weights-diff")) {
            FederatedMethod whole =
                    method("zerofl", SPARSITY, "maskRatio", Double.toString(SPARSITY), "upload", upload);

            assertThat(run(whole, 1).getLast().model()).as(upload).isEqualTo(swat);
        }
    }

    @Test
    void densitiesByMomentumLearnAndRepeat() {
        ModelState fixed = run("swat-fedavg", SPARSITY).getLast().model();
        Map<String, List<ServerState>> runs = new LinkedHashMap<>();
        for (String method : List.of("swat-fedavg", "zerofl")) {
            FederatedMethod made = method(method, SPARSITY, "distribution", "momentum", "refresh", "3");
            List<ServerState> states = run(made, 1);
            runs.put(method, states);
            assertThat(run(made, 3)).as(method).isEqualTo(states);
            assertThat(states.getLast().model()).as(method).isNotEqualTo(fixed);
            try (LocalClientRunner clients = runner(1)) {
                assertThat(clients.evaluate(states.getLast().model()).accuracy())
                        .as(method)
                        .isGreaterThan(0.6);
            }
        }
        // A period longer than an epoch looks at the momentum at the start of the next one; both are seen.
        assertThat(runs.get("swat-fedavg"))
                .isNotEqualTo(run(method("swat-fedavg", SPARSITY, "distribution", "momentum", "refresh", "1000"), 1));
    }

    @Test
    void everyRuleOfZeroFlLearns() {
        try (LocalClientRunner clients = runner(2)) {
            for (String upload : List.of("diff-on-top-k-weights", "top-k-weights-diff")) {
                for (String threshold : List.of("global", "per-layer")) {
                    FederatedMethod method = method("zerofl", 0.5, "upload", upload, "threshold", threshold);
                    assertThat(clients.evaluate(run(method, clients).getLast().model())
                                    .accuracy())
                            .as(upload + " " + threshold)
                            .isGreaterThan(0.6);
                }
            }
            FederatedMethod holders = method("zerofl", 0.5, "mean", "holders");
            assertThat(clients.evaluate(run(holders, clients).getLast().model()).accuracy())
                    .isGreaterThan(0.6);
        }
    }
}
