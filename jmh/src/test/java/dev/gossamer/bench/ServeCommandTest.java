package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.gossamer.bench.PyTorch.ImageLayout;
import dev.gossamer.bench.QuickCommandTest.Ran;
import dev.gossamer.bench.ServeModel.Masks;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.export.OnnxExport;
import dev.gossamer.fl.export.PortableModel;
import dev.gossamer.fl.nn.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Serving without waiting for figures, and ONNX Runtime's answers where it is there. */
class ServeCommandTest {

    @SuppressWarnings("unused") // by name
    private static final List<String> ZOO = Models.NAMES;

    @TempDir
    private Path folder;

    private static Ran run(String... more) {
        String[] command = new String[more.length + 1];
        command[0] = "serving";
        System.arraycopy(more, 0, command, 1, more.length);
        return QuickCommandTest.run(command);
    }

    @Test
    void eachEngineHasARowUnderEachLoad() throws IOException {
        Path json = folder.resolve("serving.json");
        Path csv = folder.resolve("serving.csv");
        Ran ran = run(
                "--model",
                "mlp",
                "--sparsity",
                "0,.9",
                "--batch",
                "3,1",
                "--streams",
                "2",
                "--seconds",
                ".05",
                "--warm-up",
                "0",
                "--python",
                "none",
                "--json",
                json.toString(),
                "--csv",
                csv.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode read = JsonMapper.shared().readTree(Files.readString(json));
        assertThat(read.path("machine").path("cpu").asString()).isNotEmpty();
        int peers = OnnxRuntime.objection() == null ? 1 : 0;
        assertThat(read.path("rows").size()).isEqualTo(2 * (1 + peers) + 2 * (2 + peers));
        List<String> lines = Files.readAllLines(csv);
        assertThat(lines).hasSize(1 + read.path("rows").size());
        assertThat(lines.getFirst())
                .startsWith(
                        "model,origin,sparsity,engine,batch,streams,threads,meanMillis,p50Millis,p99Millis,iterations,")
                .endsWith("parameters,nonZeroParameters,denseBytes,deflateBytes,codecBytes");
        assertThat(ran.out()).contains("| gossamer ", "| gossamer-dense ", "# peers");
        read.path("rows").forEach(row -> check(row, peers == 1));
    }

    private static void check(JsonNode row, boolean peers) {
        assertThat(row.path("p50Millis").asDouble())
                .isPositive()
                .isLessThanOrEqualTo(row.path("p99Millis").asDouble());
        assertThat(row.path("iterations").asLong()).isGreaterThanOrEqualTo(2 * 20L);
        double items = row.path("iterations").asDouble()
                * row.path("batch").asInt()
                / row.path("seconds").asDouble();
        assertThat(row.path("itemsPerSecond").asDouble()).isCloseTo(items, within(1e-6 * items));
        boolean sparse = row.path("engine").asString().equals("gossamer");
        boolean ours = !row.path("engine").asString().equals("onnxruntime");
        boolean pruned = row.path("sparsity").asDouble() > 0;
        assertThat(row.path("overDense").isNumber())
                .isEqualTo(!row.path("engine").asString().equals("gossamer-dense"));
        assertThat(row.path("overPeer").isNumber()).isEqualTo(ours && peers);
        assertThat(row.path("published").isNumber()).isEqualTo(sparse);
        assertThat(row.path("parameters").asLong()).isEqualTo(118_282);
        assertThat(row.path("nonZeroParameters").asLong()).isEqualTo(pruned ? 11_828 : 118_282);
        assertThat(row.path("denseBytes").asLong()).isEqualTo(4 * 118_282);
        // Values hardly get smaller, so a tenth of them takes a little more than a tenth of the bytes.
        assertThat(row.path("deflateBytes").asLong())
                .isBetween(pruned ? 45_000L : 420_000L, pruned ? 65_000L : 473_128L);
        assertThat(row.path("codecBytes").asLong())
                .isLessThan(row.path("deflateBytes").asLong());
    }

    /** A sparse model's logits from our engine are ONNX Runtime's from the file that we write, and others are found out. */
    @ParameterizedTest
    @FieldSource("ZOO")
    void onnxRuntimeHasTheEnginesLogits(String name) {
        assumeThat(OnnxRuntime.objection()).isNull();
        ServeModel model = ServeModel.initial(name, .9, Masks.MAGNITUDE);
        ServeProblem problem = new ServeProblem(model, 3);
        byte[] file = OnnxExport.encode(PortableModel.of(model.spec(), model.one(), model.theta(), Map.of()));
        try (Backend backend =
                        Backends.open("cpu-vector", BackendOptions.defaults()).backend();
                Contender ours = new EngineServing(backend, problem, model.theta(), 1);
                Contender theirs = new OnnxRuntime.Inference(
                        file, problem.floats(), problem.shape(), model.spec().classes(), 1)) {
            ours.run();
            theirs.run();
            float[] want = theirs.result();
            ServeProblem.agree(name, ours.result(), want);
            want[want.length / 2] += 1e-3f + Math.abs(want[want.length / 2]) * 1e-2f;
            assertThatThrownBy(() -> ServeProblem.agree(name, ours.result(), want))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining(name);
        }
    }

    @Test
    void uniformMasksLeaveTheSameShareOfEachLayer() {
        ServeModel model = ServeModel.initial("lenet-300-100", .95, Masks.UNIFORM);
        for (TensorState tensor : model.theta().tensors()) {
            double share = tensor.name().endsWith("weight") ? .05 : 1;
            assertThat((double) tensor.nnz() / tensor.size()).isCloseTo(share, within(1e-3));
        }
        assertThat(model.origin()).isEqualTo("initial-uniform");
    }

    @ParameterizedTest
    @EnumSource
    void pyTorchHasTheEnginesLogits(ImageLayout layout) {
        ServeModel model = ServeModel.initial("cnn-cifar10", .9, Masks.MAGNITUDE);
        ServeProblem problem = new ServeProblem(model, 3);
        try (PyTorch torch = PyTorch.start(new PythonOption().interpreter());
                Backend backend =
                        Backends.open("cpu-vector", BackendOptions.defaults()).backend();
                Contender ours = new EngineServing(backend, problem, model.theta(), 1);
                Contender theirs = torch.serving(problem, layout, 1)) {
            ours.run();
            ServeProblem.agree("PyTorch", theirs.result(), ours.result());
        } catch (MissingPeerException e) {
            assumeThat(e).as("PyTorch").isNull();
        }
    }

    @Test
    void percentilesAreOfTheSortedLatencies() {
        double[] nanos = new double[200];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = (i + 1) * 1e6;
        }
        Serving.Served served = new Serving.Served(nanos, new double[0], 4);
        assertThat(served.percentileMillis(.5)).isEqualTo(100);
        assertThat(served.percentileMillis(.99)).isEqualTo(198);
        assertThat(served.percentileMillis(1)).isEqualTo(200);
        assertThat(served.meanMillis()).isEqualTo(100.5);
        assertThat(served.rate()).isEqualTo(50);
    }

    /** Takes 5 ms for a batch that it says takes 2: the rest are waits that no batch is responsible for. */
    private static final class Waiting implements Contender {

        @Override
        public void run() {
            LockSupport.parkNanos(5_000_000);
        }

        @Override
        public double nanos(int runs) {
            run();
            return 2e6;
        }

        @Override
        public float[] result() {
            return new float[0];
        }

        @Override
        public void close() {}
    }

    @Test
    void waitsOutsideOfBatchesAreInNoRate() {
        try (Serving serving = new Serving(3)) {
            serving.enter("waiting", Waiting::new);
            Serving.Served served = serving.measure(0, 0.02).get("waiting");
            assertThat(served.iterations()).isGreaterThanOrEqualTo(3 * 20);
            assertThat(served.meanMillis()).isEqualTo(2);
            assertThat(served.rate())
                    .as("three streams of 500 batches a second")
                    .isCloseTo(1500, within(1e-6));
        }
    }

    @Test
    void pyTorchTimesItsBatchesItself() {
        ServeProblem problem = new ServeProblem(ServeModel.initial("mlp", .9, Masks.MAGNITUDE), 2);
        try (PyTorch torch = PyTorch.start(new PythonOption().interpreter());
                Contender theirs = torch.serving(problem, ImageLayout.NCHW, 1)) {
            assertThat(theirs.latencies(0)).hasSize(1);
            double[] latencies = theirs.latencies(2e7);
            assertThat(latencies).hasSizeGreaterThan(1);
            assertThat(Arrays.stream(latencies).allMatch(nanos -> nanos > 0)).isTrue();
        } catch (MissingPeerException e) {
            assumeThat(e).as("PyTorch").isNull();
        }
    }

    @Test
    void badUseIsRefusedWithTheRemedy() {
        assertThat(run("--model", "cnn").err()).contains("--model", "cnn-cifar10");
        assertThat(run("--sparsity", "1").err()).contains("--sparsity");
        assertThat(run("--batch", "0").err()).contains("--batch");
        assertThat(run("--engines", "torch").err()).contains("--engines", "pytorch-jit");
        assertThat(run("--seconds", "0").err()).contains("--seconds");
        assertThat(run("--model", "mlp", folder.toString()).err()).contains("not both");
        assertThat(run(folder.toString()).err()).contains("no run", "gossamer train");
        assertThat(run(folder.toString()).code()).isEqualTo(2);
    }
}
