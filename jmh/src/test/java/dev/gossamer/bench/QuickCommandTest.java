package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole command on sizes that take no time, without PyTorch; oneMKL and OpenBLAS take part where they are. */
class QuickCommandTest {

    private static final String NO_PYTHON = "no-such-python";

    @TempDir
    private Path folder;

    record Ran(int code, String out, String err) {}

    static Ran run(String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
        try {
            int code = Main.run(args);
            return new Ran(code, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void writesTableAndJson() throws IOException {
        Path json = folder.resolve("quick.json");
        Ran ran = run("quick", "--sizes", "tiny", "--python", "none", "--json", json.toString());
        assertThat(ran.code).as(ran.err).isZero();
        List<String> names = new ArrayList<>();
        for (JsonNode row : JsonMapper.shared().readTree(Files.readString(json))) {
            names.add(row.path("name").asString());
            check(row);
        }
        assertThat(names).doesNotHaveDuplicates();
        for (String kind :
                List.of("limit: ", "spmm ", "spmm row-major ", "spmv ", "gemm ", "sddmm ", "top-k ", "mlp ")) {
            assertThat(names).as(kind).anyMatch(name -> name.startsWith(kind));
        }
        assertThat(ran.out).contains(names).contains("# cpu", "# commit", "PyTorch is left out", "of limit");
        assertThat(folder.resolve("quick.details.json"))
                .content()
                .contains("\"machine\"", "\"cpu\"", "\"caches\"", "\"jdk\"", "\"flags\"", "\"commit\"");
        assertThat(run("compare", json.toString(), json.toString()).out.lines())
                .filteredOn(line -> line.startsWith("limit: "))
                .isNotEmpty()
                .allMatch(line -> line.endsWith("1.000  no interval"));
    }

    private static void check(JsonNode row) {
        assertThat(new TreeSet<>(row.propertyNames()))
                .containsExactly("limitShare", "name", "peer", "peerValue", "ratio", "target", "unit", "value");
        boolean allocated = row.path("unit").asString().equals("B/step");
        assertThat(row.path("value").asDouble()).as("%s", row).isGreaterThanOrEqualTo(allocated ? 0 : Double.MIN_VALUE);
        assertThat(row.path("ratio").isNumber())
                .as("%s", row)
                .isEqualTo(row.path("target").isNumber());
        assertThat(row.path("ratio").isNull()).isEqualTo(row.path("target").isNull());
        assertThat(row.path("peer").isNull()).isEqualTo(row.path("peerValue").isNull());
        String name = row.path("name").asString();
        if (name.startsWith("sddmm") || name.startsWith("top-k") || name.startsWith("mlp")) {
            assertThat(row.path("ratio").isNull())
                    .as("PyTorch is missing: %s", row)
                    .isTrue();
        } else if (!name.startsWith("limit")) {
            assertThat(row.path("ratio").isNumber())
                    .as("EJML at least: %s", row)
                    .isTrue();
        }
    }

    @Test
    void modelsHaveATableOfTheirOwn() throws IOException {
        Path json = folder.resolve("models.json");
        Ran ran = run("models", "--sizes", "tiny", "--python", "none", "--json", json.toString());
        assertThat(ran.code).as(ran.err).isZero();
        List<String> names = new ArrayList<>();
        for (JsonNode row : JsonMapper.shared().readTree(Files.readString(json))) {
            String name = row.path("name").asString();
            names.add(name);
            boolean ownPeer = name.startsWith("conv weight gradient");
            assertThat(row.path("ratio").isNumber()).as("%s", row).isEqualTo(ownPeer);
        }
        assertThat(names)
                .doesNotHaveDuplicates()
                .contains(
                        "conv forward, density 1.0, 3->3 4x4, b5",
                        "conv input gradient, density 0.1, 3->3 4x4, b5",
                        "conv weight gradient, density 0.1, geomean (1)",
                        "training cnn-cifar10, b2, density 1.0",
                        "inference cnn-cifar10, b3, density 0.1")
                .noneMatch(name -> name.startsWith("spmm"));
    }

    /** Each layout of PyTorch's images is verified as it comes in, and the faster one is the row's peer. */
    @Test
    void modelsBesidePyTorch() throws IOException {
        try {
            PyTorch.start(new PythonOption().interpreter()).close();
        } catch (MissingPeerException e) {
            abort(e.getMessage());
        }
        Path json = folder.resolve("models.json");
        Ran ran = run("models", "--sizes", "tiny", "--json", json.toString());
        assertThat(ran.code).as(ran.err).isZero();
        for (JsonNode row : JsonMapper.shared().readTree(Files.readString(json))) {
            String name = row.path("name").asString();
            if (name.startsWith("training")
                    || name.startsWith("inference")
                    || name.startsWith("conv forward, density 1.0, 3")) {
                assertThat(row.path("peer").asString())
                        .as(name)
                        .matches("PyTorch dense( jit| eager)?( nhwc)?, 1 thread");
            }
        }
    }

    @Test
    void processesAreMerged() throws IOException {
        Path json = folder.resolve("forks.json");
        Ran ran = run("quick", "--sizes", "tiny", "--python", "none", "--forks", "2", "--json", json.toString());
        assertThat(ran.code).as(ran.err).isZero();
        assertThat(ran.out).contains("# forks     2", "# targets: ");
        List<String> names = new ArrayList<>();
        for (JsonNode row : JsonMapper.shared().readTree(Files.readString(json))) {
            names.add(row.path("name").asString());
            check(row);
        }
        assertThat(names).doesNotHaveDuplicates().contains("gemm 8x16x32", "mlp step, density 0.1");
        JsonNode details = JsonMapper.shared().readTree(Files.readString(folder.resolve("forks.details.json")));
        assertThat(details.path("machine").path("forks").asInt()).isEqualTo(2);
        assertThat(details.path("machine").path("backend").asString()).contains("bit");
    }

    @Test
    void pytorchIsAskedForByNameInVain() {
        for (String command : List.of("pytorch", "quick")) {
            Ran ran = run(command, "--sizes", "tiny", "--python", NO_PYTHON);
            assertThat(ran.code).as(command).isEqualTo(2);
            assertThat(ran.err).as(command).contains(NO_PYTHON, "GOSSAMER_PYTHON");
        }
    }

    @Test
    void badUseIsRefusedWithTheRemedy() {
        assertThat(run("quick", "--sizes", "huge")).satisfies(ran -> {
            assertThat(ran.code).isEqualTo(2);
            assertThat(ran.err).contains("huge");
        });
        assertThat(run("quick", "--data", folder.toString())).satisfies(ran -> {
            assertThat(ran.code).isEqualTo(2);
            assertThat(ran.err).contains("index.csv", "--data");
        });
        assertThat(run("quick", "--forks", "0").code).isEqualTo(2);
        assertThat(run()).satisfies(ran -> {
            assertThat(ran.code).isEqualTo(2);
            assertThat(ran.err).contains("quick", "ops", "steps", "compare");
        });
    }

    @Test
    @DisabledIfEnvironmentVariable(named = "GOSSAMER_DATA", matches = ".+", disabledReason = "there is data by default")
    void aFederatedRunNeedsData() {
        assertThat(run("quick", "--sizes", "tiny", "--python", "none", "--federated", "1"))
                .satisfies(ran -> {
                    assertThat(ran.code).isEqualTo(2);
                    assertThat(ran.err).contains("--federated", "--data");
                });
    }

    @Test
    void compareEndsByItsThreshold() throws IOException {
        Path base = row("base.json", 100);
        Path slower = row("new.json", 70);
        assertThat(run("compare", base.toString(), slower.toString()).code).isEqualTo(1);
        assertThat(run("compare", base.toString(), slower.toString(), "--threshold", "40%").code)
                .isZero();
        assertThat(run("compare", slower.toString(), base.toString()).code).isZero();
        assertThat(run("compare", base.toString(), slower.toString(), "--threshold", "40"))
                .satisfies(ran -> {
                    assertThat(ran.code).isEqualTo(2);
                    assertThat(ran.err).contains("--threshold", "40");
                });
        assertThat(run("compare", base.toString(), "absent.json").code).isEqualTo(2);
    }

    private Path row(String name, double value) throws IOException {
        return Files.writeString(folder.resolve(name), """
                [{"benchmark": "a.B.c", "mode": "thrpt", "primaryMetric": {"score": %s, "scoreError": 1.0, "scoreUnit": "ops/s"}}]
                """.formatted(value));
    }
}
