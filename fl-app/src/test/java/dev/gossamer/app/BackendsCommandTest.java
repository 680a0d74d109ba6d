package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SuppressWarnings("try") // the property is there to be closed
class BackendsCommandTest {

    @Test
    void eachBackendIsListedWithItsDeviceOrWithReasonAndRemedy() {
        try (BackendProperty property = BackendProperty.unset()) {
            Cli.Outcome outcome = Cli.run("backends");

            assertThat(outcome.code()).isZero();
            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.out().lines())
                    .anyMatch(line -> line.matches("cpu-vector +available +.*-bit vectors +<- auto takes this one"))
                    .anyMatch(line -> line.matches("reference +available +plain loops.*precision, 1 thread"))
                    .anyMatch(line -> line.matches("cuda +unavailable +(no NVIDIA driver|this version of Gossamer).*"))
                    .anyMatch(line -> line.matches(" +.*use the backend cpu-vector\\."));
            assertThat(outcome.out()).contains("-Dgossamer.backend is not set: auto.", "--backend NAME");
        }
    }

    @Test
    void itSaysWhatThePropertyAsksFor() {
        try (BackendProperty property = BackendProperty.set("reference")) {
            assertThat(Cli.run("backends").out()).contains("-Dgossamer.backend is set: reference.");
        }
    }

    @Test
    void programsGetTheSameAsJson() {
        try (BackendProperty property = BackendProperty.unset()) {
            Cli.Outcome outcome = Cli.run("backends", "--json");

            assertThat(outcome.code()).isZero();
            JsonNode root = JsonMapper.builder().build().readTree(outcome.out());
            assertThat(root.path("property").asString()).isEqualTo("gossamer.backend");
            assertThat(root.path("requested").asString()).isEqualTo("auto");
            assertThat(root.path("auto").asString()).isEqualTo("cpu-vector");
            assertThat(StreamSupport.stream(root.path("backends").spliterator(), false)
                            .map(entry -> entry.path("name").asString()))
                    .containsExactly("cuda", "cpu-vector", "reference");
            JsonNode cuda = root.path("backends").get(0);
            assertThat(cuda.path("available").asBoolean()).isFalse();
            assertThat(cuda.path("reason").asString()).isNotBlank();
            assertThat(cuda.path("remedy").asString()).contains("cpu-vector");
            assertThat(root.path("backends").get(1).path("device").asString()).contains("-bit vectors");
        }
    }
}
