package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.cuda.device.DeviceMemory;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * After 1,000 recorded training steps and 100 changes of the pattern as much is held of the device as after 40 and 10: in our
 * own count of buffers, descriptors, handles, streams and graphs, and by the driver's word. The emulator takes fewer of both.
 */
class CudaLeakTest {

    private static final int IN = 784;
    private static final int HIDDEN = 128;
    private static final int OUT = 10;
    private static final int BATCH = 32;
    private static final int FIRST = 10;

    /** Patterns take turns, so that the same one is in force whenever is counted: sizes of buffers depend on it. */
    private static final int PATTERNS = 5;

    @Test
    void asMuchIsHeldAfterAThousandStepsAsAfterTen() {
        int steps = Emulator.wanted() ? 90 : 1_000;
        int changes = Emulator.wanted() ? 20 : 100;
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace workspace = backend.workspace(1)) {
                Network network = new Network(workspace);
                // Steps enough between the changes for graphs to be made and given up.
                network.run(4 * FIRST, FIRST);
                String held = ((CudaBackend) backend).live().toString();
                long used = DeviceMemory.usedBytes();
                network.run(steps - 4 * FIRST, changes - FIRST);
                assertThat(((CudaBackend) backend).live()).hasToString(held);
                assertThat(DeviceMemory.usedBytes())
                        .as("bytes in use on the device")
                        .isEqualTo(used);
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    /** 784-128-10 with ReLU and momentum SGD, packed: every plan that a training run makes. */
    private static final class Network {

        private final Workspace workspace;
        private final Space first;
        private final Space second;
        private final Step step;
        private final List<SparsityPattern> patterns;
        private int changes;

        Network(Workspace workspace) {
            this.workspace = workspace;
            this.patterns =
                    IntStream.range(0, PATTERNS).mapToObj(Network::pattern).toList();
            this.first = workspace.space(Geometry.linear(IN, HIDDEN));
            this.second = workspace.space(Geometry.linear(HIDDEN, OUT));
            Space bias = workspace.space(HIDDEN);
            List<Space> all = List.of(first, second, bias);
            Tensor x = workspace.tensor(Shape.of(IN, BATCH), Layout.NATIVE);
            Tensor h = workspace.tensor(Shape.of(HIDDEN, BATCH), Layout.NATIVE);
            Tensor gh = workspace.tensor(Shape.of(HIDDEN, BATCH), Layout.NATIVE);
            Tensor y = workspace.tensor(Shape.of(OUT, BATCH), Layout.NATIVE);
            Mask mask = workspace.mask(h.shape());
            Labels labels = workspace.labels(BATCH);
            Cell loss = workspace.cell(0);
            Cell correct = workspace.cell(0);
            Cell rate = workspace.cell(0.01f);
            workspace.upload(MemorySegment.ofArray(new int[BATCH]), BATCH, labels);
            workspace.upload(MemorySegment.ofArray(numbers(IN * BATCH)), x);
            Product in = workspace.product(Geometry.linear(IN, HIDDEN));
            Product out = workspace.product(Geometry.linear(HIDDEN, OUT));
            Values theta1 = filled(first);
            Values theta2 = filled(second);
            Epilogue hidden = new Epilogue(workspace.values(bias, Role.THETA), Activation.RELU, mask);
            Values g1 = workspace.values(first, Role.GRADIENT);
            Values g2 = workspace.values(second, Role.GRADIENT);
            Values gb = workspace.values(bias, Role.GRADIENT);
            all.forEach(space -> workspace.values(space, Role.MOMENTUM));
            this.step = workspace.record(() -> {
                in.forward(theta1, x, 0, h, hidden);
                out.forward(theta2, h, 0, y, Epilogue.NONE);
                workspace.nn().softmaxCrossEntropy(y, labels, y, loss, correct);
                out.weightGradient(h, y, 0, g2);
                out.inputGradient(theta2, y, 0, gh, mask);
                in.weightGradient(x, gh, 0, g1);
                in.biasGradient(gh, 0, gb);
                workspace.train().sgd(all, rate, new Sgd(0.5f, false, 0, 0));
            });
        }

        private static SparsityPattern pattern(int seed) {
            return SparsityPattern.fromMask(
                    HIDDEN,
                    IN,
                    (row, col) -> new SplittableRandom((seed * HIDDEN + row) * 1000L + col).nextDouble() < 0.05);
        }

        private static float[] numbers(int count) {
            SplittableRandom random = new SplittableRandom(7);
            float[] numbers = new float[count];
            for (int i = 0; i < count; i++) {
                numbers[i] = (float) random.nextDouble(-0.05, 0.05);
            }
            return numbers;
        }

        private Values filled(Space space) {
            Values values = workspace.values(space, Role.THETA);
            workspace.upload(MemorySegment.ofArray(numbers(Math.toIntExact(space.nnz()))), values);
            return values;
        }

        /** So many steps, with so many changes of the pattern spread over them. */
        void run(int steps, int times) {
            int done = 0;
            for (int i = 0; i < steps; i++) {
                if (done * (long) steps <= i * (long) times && done < times) {
                    workspace.repattern(first, patterns.get(changes++ % PATTERNS));
                    done++;
                }
                step.run();
            }
            while (done < times) {
                workspace.repattern(first, patterns.get(changes++ % PATTERNS));
                done++;
            }
            step.run();
            workspace.sync();
        }
    }
}
