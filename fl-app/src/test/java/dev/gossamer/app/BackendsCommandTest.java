package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Availability.Available;
import dev.gossamer.engine.Availability.Unavailable;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Backends.Candidate;
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
                    .anyMatch(line -> line.matches("cpu-vector +available +.*-bit vectors.*"))
                    .anyMatch(line -> line.matches("reference +available +plain loops.*precision, 1 thread"))
                    .anyMatch(line -> line.matches(best().name() + " +available +.* <- auto takes this one"));
            assertThat(outcome.out()).containsOnlyOnce("<- auto takes this one");
            assertThat(outcome.out()).contains("-Dgossamer.backend is not set: auto.", "--backend NAME");
        }
    }

    @Test
    void whereCudaCannotRunItSaysWhyAndWhatToDo() {
        Unavailable why = Cuda.refusalOrSkip();

        assertThat(Cli.run("backends").out().lines().map(String::strip))
                .anyMatch(line -> line.matches("cuda +unavailable +.*") && line.endsWith(why.reason()))
                .contains(why.remedy());
    }

    @Test
    void whereCudaCanRunItTellsOfEachLibrary() {
        Cuda.requireOrSkip();

        assertThat(Cli.run("backends").out())
                .containsPattern("cuda +available")
                .contains("driver for CUDA ", "cuBLAS ", "cuSPARSE ", "NVRTC ");
    }

    private static Candidate best() {
        return Backends.candidates().stream()
                .filter(candidate -> candidate.availability() instanceof Available)
                .findFirst()
                .orElseThrow();
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
            assertThat(root.path("auto").asString()).isEqualTo(best().name());
            assertThat(StreamSupport.stream(root.path("backends").spliterator(), false)
                            .map(entry -> entry.path("name").asString()))
                    .containsExactly("cuda", "cpu-vector", "reference");
            assertThat(root.path("backends").get(1).path("device").asString()).contains("-bit vectors");
            assertThat(root.path("backends").get(1).path("details").isArray()).isTrue();
        }
    }

    @Test
    void programsGetReasonAndRemedyToo() {
        Unavailable why = Cuda.refusalOrSkip();

        JsonNode cuda = JsonMapper.builder()
                .build()
                .readTree(Cli.run("backends", "--json").out())
                .path("backends")
                .get(0);
        assertThat(cuda.path("available").asBoolean()).isFalse();
        assertThat(cuda.path("reason").asString()).isEqualTo(why.reason());
        assertThat(cuda.path("remedy").asString()).isEqualTo(why.remedy());
    }
}
