package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** When a step becomes a graph, when it stops to be one, and that it says so. That numbers stay the same is a contract. */
class CudaStepTest {

    private static final int IN = 40;
    private static final int OUT = 30;
    private static final int BATCH = 8;

    /** Two products through a packed matrix. */
    private static final class Layer {

        final Workspace workspace;
        final Space space;
        final Tensor x;
        final Tensor y;
        final Step step;

        Layer(Workspace workspace, int width) {
            this.workspace = workspace;
            Geometry geometry = Geometry.linear(IN, OUT);
            space = workspace.space(geometry);
            x = workspace.tensor(Shape.of(IN, BATCH), Layout.NATIVE);
            y = workspace.tensor(Shape.of(OUT, BATCH), Layout.NATIVE);
            Tensor gx = workspace.tensor(Shape.of(IN, BATCH), Layout.NATIVE);
            Values theta = workspace.values(space, Role.THETA);
            Product product = workspace.product(geometry);
            pattern(width);
            workspace.upload(MemorySegment.ofArray(ones(IN * BATCH)), x);
            step = workspace.record(() -> {
                product.forward(theta, x, 0, y, Epilogue.NONE);
                product.inputGradient(theta, y, 0, gx, null);
            });
        }

        /** A diagonal band of ones. */
        void pattern(int width) {
            workspace.repattern(
                    space, SparsityPattern.fromMask(OUT, IN, (row, col) -> col >= row && col < row + width));
            workspace.upload(
                    MemorySegment.ofArray(ones(Math.toIntExact(space.nnz()))), workspace.values(space, Role.THETA));
        }

        float first() {
            float[] numbers = new float[OUT * BATCH];
            workspace.download(y, MemorySegment.ofArray(numbers));
            return numbers[0];
        }
    }

    private static float[] ones(int count) {
        float[] numbers = new float[count];
        Arrays.fill(numbers, 1);
        return numbers;
    }

    private static void on(Map<String, Double> tuning, Consumer<Workspace> body) {
        try (Backend backend = CudaUnderTest.backend(tuning)) {
            try (Workspace workspace = backend.workspace(1)) {
                body.accept(workspace);
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    private static void runs(Step step, int times) {
        for (int i = 0; i < times; i++) {
            step.run();
        }
    }

    @Test
    void becomesAGraphAtItsSecondRun() {
        on(Map.of(), workspace -> {
            Layer layer = new Layer(workspace, 4);
            assertThat(layer.step.describe()).startsWith("to be captured").contains("run op by op 0 times");
            runs(layer.step, 1);
            assertThat(layer.step.describe()).startsWith("to be captured").contains("run op by op 1 times");
            runs(layer.step, 10);
            assertThat(layer.step.describe())
                    .startsWith("a CUDA graph of ")
                    .endsWith("run op by op 1 times, captured 1 times, launched 10 times");
            assertThat(layer.first()).isEqualTo(4);
        });
    }

    @Test
    void becomesAGraphOfSeveralRunsWhereItRunsOften() {
        on(Map.of(), workspace -> {
            Layer layer = new Layer(workspace, 4);
            layer.step.run(100);
            assertThat(layer.step.describe()).endsWith("run op by op 1 times, captured 1 times, launched 99 times");
            layer.step.run(50);
            assertThat(layer.step.describe())
                    .contains(", and one of 8 runs")
                    .endsWith("run op by op 1 times, captured 2 times, launched " + (99 + 50 / 8 + 50 % 8) + " times");
            layer.pattern(5);
            layer.step.run(3);
            assertThat(layer.step.describe())
                    .doesNotContain("runs")
                    .endsWith("run op by op 2 times, captured 3 times, launched " + (107 + 2) + " times");
            layer.step.run(1000);
            assertThat(layer.step.describe())
                    .endsWith("run op by op 2 times, captured 4 times, launched " + (109 + 1000 / 8) + " times");
            assertThat(layer.first()).isEqualTo(5);
        });
    }

    @Test
    void staysAGraphOfOneRunWhereItHasManyNodes() {
        on(Map.of("step.nodes", 3.0), workspace -> {
            Layer layer = new Layer(workspace, 4);
            layer.step.run(1000);
            assertThat(layer.step.describe())
                    .doesNotContain("runs")
                    .endsWith("run op by op 1 times, captured 1 times, launched 999 times");
        });
    }

    @Test
    void isCapturedAgainAfterItsPatternChanged() {
        on(Map.of(), workspace -> {
            Layer layer = new Layer(workspace, 4);
            runs(layer.step, 3);
            for (int width = 5; width < 9; width++) {
                layer.pattern(width);
                runs(layer.step, 3);
                assertThat(layer.first()).isEqualTo(width);
            }
            assertThat(layer.step.describe()).endsWith("run op by op 5 times, captured 5 times, launched 10 times");
        });
    }

    /** Other patterns, other steps, memory that comes and goes, and numbers that are uploaded do not matter to it. */
    @Test
    void staysAGraphBesideOtherWork() {
        on(Map.of(), workspace -> {
            Layer layer = new Layer(workspace, 4);
            Layer other = new Layer(workspace, 3);
            runs(layer.step, 2);
            for (int i = 0; i < 5; i++) {
                try (Workspace child = workspace.child()) {
                    Layer passing = new Layer(child, 5);
                    passing.pattern(6 + i);
                    runs(passing.step, 3);
                }
                other.pattern(2 + i % 2);
                runs(other.step, 2);
                workspace.upload(MemorySegment.ofArray(ones(IN * BATCH)), layer.x);
                runs(layer.step, 1);
                assertThat(layer.first()).isEqualTo(4);
            }
            assertThat(layer.step.describe()).endsWith("run op by op 1 times, captured 1 times, launched 6 times");
        });
    }

    /** Scratch memory that another step made larger was given back. */
    @Test
    void isCapturedAgainWhenScratchHasGrown() {
        on(Map.of(), workspace -> {
            Cell small = workspace.cell(0);
            Cell large = workspace.cell(0);
            Step step = squares(workspace, 9, small);
            Step other = squares(workspace, 100_000, large);
            runs(step, 3);
            for (int i = 0; i < 4; i++) {
                runs(other, 1);
                runs(step, 1);
            }
            assertThat(workspace.read(small)).isEqualTo(9);
            assertThat(workspace.read(large)).isEqualTo(100_000);
            assertThat(step.describe()).endsWith("run op by op 2 times, captured 2 times, launched 5 times");
        });
    }

    /** The sum of the squares of so many ones, which takes scratch memory. */
    private static Step squares(Workspace workspace, int count, Cell sum) {
        Values values = workspace.values(workspace.space(count), Role.THETA);
        workspace.upload(MemorySegment.ofArray(ones(count)), values);
        return workspace.record(() -> workspace.dense().dot(values, values, sum));
    }

    @Test
    void runsOpByOpWhatWaits() {
        on(Map.of(), workspace -> {
            Layer layer = new Layer(workspace, 4);
            Values theta = workspace.values(layer.space, Role.THETA);
            List<Integer> found = new ArrayList<>();
            Step step = workspace.record(() -> {
                workspace.dense().fill(theta, 3);
                found.add(workspace.select().kthMagnitude(List.of(theta), 1).magnitudeBits());
            });
            runs(step, 3);
            assertThat(found).hasSize(3).containsOnly(Float.floatToRawIntBits(3));
            assertThat(step.describe()).startsWith("not captured: it waits for a result; run op by op 3 times");
            layer.step.run();
            assertThat(layer.first()).isEqualTo(12);
        });
    }

    @Test
    void runsOpByOpWhatAllocatesEachTime() {
        on(Map.of(), workspace -> {
            Layer layer = new Layer(workspace, 4);
            Step step = workspace.record(() -> workspace.tensor(Shape.of(3, 4), Layout.NATIVE));
            runs(step, 3);
            assertThat(step.describe()).startsWith("not captured: it allocates device memory; run op by op 3 times");
            runs(layer.step, 3);
            assertThat(layer.first()).isEqualTo(4);
        });
    }

    @Test
    void capturesNothingWhereThatIsTurnedOff() {
        on(Map.of("step.capture", 0.0), workspace -> {
            Layer layer = new Layer(workspace, 4);
            runs(layer.step, 3);
            assertThat(layer.first()).isEqualTo(4);
            assertThat(layer.step.describe())
                    .isEqualTo("not captured: step.capture is 0; run op by op 3 times, captured 0 times,"
                            + " launched 0 times");
        });
    }
}
