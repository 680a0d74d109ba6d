package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.bench.MethodRun.Kept;
import dev.gossamer.bench.QuickCommandTest.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Few steps of some methods on the embedded data set. */
class MethodsCommandTest {

    @TempDir
    private Path folder;

    private Ran run(String... more) {
        List<String> command = new ArrayList<>(
                List.of("methods", "--data", folder.toString(), "--rounds", "1", "--steps", "2", "--sparsities", ".9"));
        command.addAll(List.of(more));
        return QuickCommandTest.run(command.toArray(String[]::new));
    }

    @Test
    void everyKindOfMethodHasARow() throws IOException {
        Path json = folder.resolve("methods.json");
        Ran ran = run(
                "--methods",
                "fedavg,fedsparsify-global,fedsparsify-local,oneshot-finetune,prunefl,swat-fedavg,zerofl,sparsefedpp",
                "--json",
                json.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("# strokes in place of fashion-mnist", "# no cnn-cifar10", "# no resnet18");
        JsonNode read = JsonMapper.shared().readTree(Files.readString(json));
        assertThat(read.path("machine").path("cpu").asString()).isNotEmpty();
        List<String> methods = new ArrayList<>();
        for (JsonNode row : read.path("rows")) {
            methods.add(row.path("method").asString());
            check(row);
        }
        assertThat(methods)
                .containsExactly(
                        "fedavg",
                        "fedsparsify-global",
                        "fedsparsify-local",
                        "oneshot-finetune",
                        "prunefl",
                        "swat-fedavg, erk",
                        "zerofl, erk",
                        "sparsefedpp");
    }

    private static void check(JsonNode row) {
        String method = row.path("method").asString();
        assertThat(row.path("steps").asLong()).isEqualTo(2);
        double millis = row.path("trainMillis").asDouble()
                + row.path("selectMillis").asDouble()
                + row.path("codecMillis").asDouble();
        assertThat(row.path("millis").asDouble()).as(method).isPositive();
        assertThat(millis).as(method).isCloseTo(row.path("millis").asDouble(), within(1e-6));
        assertThat(row.path("speedup").asDouble()).as(method).isPositive();
        assertThat(row.path("interval").path("low").isNumber())
                .as("an interval of one round of %s", method)
                .isFalse();
        assertThat(row.path("good").asBoolean()).as(method).isTrue();
        if (!row.path("sparsity").isNull()) {
            assertThat(row.path("reached").asDouble()).as(method).isCloseTo(0.9, within(1e-4));
        }
        boolean dense = method.equals("fedavg") || method.startsWith("swat");
        // Exponents are coded: a value of a dense message takes less than its four bytes, but not much.
        assertThat(row.path("bytesUp").asLong() > 3 * 118_282).as(method).isEqualTo(dense);
        boolean sparselySaved = method.endsWith("erk") || method.equals("sparsefedpp");
        assertThat(row.path("savedActivations").asLong()
                        < row.path("denseSavedActivations").asLong())
                .as(method)
                .isEqualTo(sparselySaved);
        assertThat(row.path("savedActivations").isNumber()).as(method).isTrue();
    }

    @Test
    void theSparsityReachedIsExactButForRounding() {
        assertThat(new Kept(1000, 101, 2).is(.9)).isTrue();
        assertThat(new Kept(1000, 103, 2).is(.9)).isFalse();
        assertThat(new Kept(1000, 97, 2).is(.9)).isFalse();
    }

    @Test
    void badUseIsRefusedWithTheRemedy() {
        assertThat(run("--methods", "fedavgg").err()).contains("fedavgg", "fedavg,");
        assertThat(run("--models", "vgg16").err()).contains("vgg16", "resnet18");
        assertThat(run("--sparsities", "1").err()).contains("--sparsities");
        assertThat(run("--rounds", "-1").code()).isEqualTo(2);
    }
}
