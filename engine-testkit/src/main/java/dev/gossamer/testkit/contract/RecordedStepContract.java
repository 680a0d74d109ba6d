package dev.gossamer.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * A recorded step does what its body does, bit for bit, in every run: two networks with equal numbers in one workspace, one of
 * which runs recorded steps and the other their bodies, through all that happens to a network between two steps.
 */
public abstract class RecordedStepContract extends BackendContract {

    /** A backend that captures needs some runs before it replays. */
    private static final int ENOUGH = 4;

    private static final int SAMPLES = 90;

    /** Two equal networks, and the steps of both. */
    private static final class Pair {

        private final Rig rig;
        private final StepNetwork recorded;
        private final StepNetwork plain;
        private final StepNetwork.Session whole;
        private final StepNetwork.Session partial;
        private final Step wholeStep;
        private final Step partialStep;

        Pair(Case c, Rig rig, boolean selects) {
            this.rig = rig;
            StepNetwork.Start start = new StepNetwork.Start(c, SAMPLES);
            recorded = new StepNetwork(c, rig, start);
            plain = new StepNetwork(c, rig, start);
            StepNetwork.Session other = recorded.new Session(selects ? recorded.new Selected() : null);
            StepNetwork.Session otherPartial = recorded.new Session(other, StepNetwork.PARTIAL);
            whole = plain.new Session(selects ? plain.new Selected() : null);
            partial = plain.new Session(whole, StepNetwork.PARTIAL);
            wholeStep = rig.workspace().record(other::step);
            partialStep = rig.workspace().record(otherPartial::step);
            both(network -> network.key(7));
        }

        void both(Consumer<StepNetwork> change) {
            change.accept(recorded);
            change.accept(plain);
        }

        /** So many epochs of two full batches and one partial one. */
        void train(String when, int epochs) {
            for (int i = 0; i < epochs; i++) {
                both(network -> rig.workspace().write(network.position, 0));
                wholeStep.run();
                wholeStep.run();
                partialStep.run();
                whole.step();
                whole.step();
                partial.step();
            }
            same(when);
        }

        private void same(String when) {
            Map<String, float[]> want = plain.state();
            recorded.state()
                    .forEach((what, got) ->
                            Close.sameBits(what + " " + when, got, want.getOrDefault(what, new float[0])));
        }

        void repattern(String name, double density, Case c) {
            Space of = plain.space(name);
            SparsityPattern next = density == 1 ? null : c.random(of.rows(), of.cols(), density);
            both(network -> rig.workspace().repattern(network.space(name), next));
        }
    }

    @Test
    void replaysWhatItsBodyDoes() {
        cases("recorded", 3, (c, rig) -> {
            Pair pair = new Pair(c, rig, false);
            for (String name : List.of("convolution", "first", "second")) {
                pair.repattern(name, c.turn("density", 1.0, 0.15, 0.6), c);
            }
            pair.train("in the beginning", ENOUGH);
            pair.both(network -> rig.workspace().write(network.rate, 0.002f));
            pair.train("at another rate", 2);
            pair.both(network -> network.key(1234));
            pair.train("with another key", 2);
        });
    }

    /** Packed to packed, with as many entries or others, to dense with a mask and back, to nothing and to all. */
    @Test
    void followsPatterns() {
        cases("recorded while pruned", 1, (c, rig) -> {
            Pair pair = new Pair(c, rig, false);
            pair.train("when dense", 2);
            for (double density : new double[] {0.2, 0.2, 0.05, 0.7, 0, 0.1, 1, 0.1}) {
                pair.repattern("first", density, c);
                pair.repattern("convolution", density, c);
                pair.train("at density " + density, 2);
            }
            pair.repattern("second", 0.3, c);
            pair.train("when the last layer is sparse", 1);
            List<String> pruned = List.of("convolution", "first", "second", "bias");
            pair.both(network -> rig.workspace()
                    .select()
                    .keepTop(pruned.stream().map(network::space).toList(), Role.THETA, 150));
            pair.train("when the largest weights are kept", 2);
        });
    }

    /** A pattern that changes after each run, and between the runs in which a backend may capture. */
    @Test
    void followsPatternsThatChangeAtEveryRun() {
        cases("recorded with a pattern for each run", 1, (c, rig) -> {
            Pair pair = new Pair(c, rig, false);
            for (int runs : new int[] {1, 1, 1, 2, 1, 3, 2, 1}) {
                pair.repattern("first", c.pick("density", 0.1, 0.25, 0.5), c);
                for (int i = 0; i < runs; i++) {
                    pair.wholeStep.run();
                    pair.whole.step();
                }
                pair.both(network -> rig.workspace().write(network.position, 0));
                pair.same("after " + runs + " runs");
            }
        });
    }

    /** Weights that grow with every run, through counts that a backend may take together, and patterns. */
    @Test
    void runsSoManyTimes() {
        cases("recorded and run many times", 1, (c, rig) -> {
            Space space = rig.space(12, 12, c.random(12, 12, 0.3));
            Values w = rig.workspace().values(space, Role.THETA);
            Values growth = rig.workspace().values(space, Role.GRADIENT);
            Tensor x = rig.tensor(Shape.of(12, 8), Layout.NATIVE, c.values(12 * 8));
            Tensor y = rig.tensor(Shape.of(12, 8), Layout.NATIVE, new float[12 * 8]);
            Product product = rig.workspace().product(Geometry.linear(12, 12));
            Runnable body = () -> {
                rig.workspace().dense().axpy(0.01f, growth, w);
                product.forward(w, x, 0, y, Epilogue.NONE);
            };
            Step step = rig.workspace().record(body);
            for (int times : new int[] {1, 0, 300, 7, 40, 500}) {
                rig.workspace().repattern(space, c.random(12, 12, 0.3));
                rig.upload(growth, c.values(space.nnz()));
                float[] start = c.values(space.nnz());
                rig.upload(w, start);
                for (int i = 0; i < times + 5; i++) {
                    body.run();
                }
                float[] want = rig.read(y);
                rig.upload(w, start);
                step.run(times);
                step.run(5);
                Close.sameBits("after " + times + " runs and 5", rig.read(y), want);
            }
        });
    }

    @Test
    void refusesANegativeNumberOfRuns() {
        try (Rig rig = rig()) {
            Values numbers = rig.vector(9, null, new float[9]);
            Step step = rig.workspace().record(() -> rig.workspace().dense().fill(numbers, 2));
            assertThatThrownBy(() -> step.run(-1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("-1");
        }
    }

    /** Of a matrix without entries no number is read, so that only its pattern tells when there are some. */
    @Test
    void followsAPatternThatWasEmpty() {
        cases("recorded on nothing", 1, (c, rig) -> {
            Geometry geometry = Geometry.linear(20, 30);
            Space space = rig.space(30, 20, c.random(30, 20, 0));
            Values w = rig.workspace().values(space, Role.THETA);
            Tensor x = rig.tensor(Shape.of(20, 9), Layout.NATIVE, c.values(20 * 9));
            Tensor y = rig.tensor(Shape.of(30, 9), Layout.NATIVE, new float[30 * 9]);
            Tensor want = rig.tensor(Shape.of(30, 9), Layout.NATIVE, new float[30 * 9]);
            Product product = rig.workspace().product(geometry);
            Step step = rig.workspace().record(() -> product.forward(w, x, 0, y, Epilogue.NONE));
            for (double density : new double[] {0, 0.2, 0, 0.8, 0}) {
                rig.workspace().repattern(space, c.random(30, 20, density));
                rig.upload(w, c.values(space.nnz()));
                product.forward(w, x, 0, want, Epilogue.NONE);
                for (int i = 0; i < ENOUGH; i++) {
                    rig.upload(y, c.values(30 * 9));
                    step.run();
                    Close.sameBits("y at density " + density, rig.read(y), rig.read(want));
                }
            }
        });
    }

    @Test
    void selectsWeightsAndActivations() {
        cases("recorded selection", 1, (c, rig) -> {
            Pair pair = new Pair(c, rig, true);
            pair.train("when weights are selected", ENOUGH);
            pair.repattern("first", 0.2, c);
            pair.train("when another layer is pruned", 2);
        });
    }

    /** What is allocated, freed, evaluated or grown between two runs changes nothing. */
    @Test
    void goesOnBesideOtherWork() {
        cases("recorded beside other work", 1, (c, rig) -> {
            Pair pair = new Pair(c, rig, false);
            pair.repattern("first", 0.2, c);
            Space large = rig.space(300, 200, c.random(300, 200, 0.2));
            Values values = rig.values(large, Role.THETA, c.values(large.nnz()));
            Space vector = rig.workspace().space(100_000);
            Values numbers = rig.workspace().values(vector, Role.THETA);
            Cell dot = rig.cell(0);
            Tensor b = rig.tensor(Shape.of(300, 8), Layout.ROW_MAJOR, c.values(300 * 8));
            Tensor out = rig.tensor(Shape.of(200, 8), Layout.ROW_MAJOR, new float[200 * 8]);
            Step other = rig.workspace().record(() -> {
                rig.workspace().dense().dot(numbers, numbers, dot);
                rig.workspace().sparse().spmmTransposed(1, values, b, 0, out);
            });
            for (int i = 0; i < ENOUGH; i++) {
                pair.train("before other work " + i, 1);
                try (Workspace child = rig.workspace().child()) {
                    child.tensor(Shape.of(100, 50 + i), Layout.NATIVE);
                    child.sync();
                }
                other.run();
                pair.train("after other work " + i, 1);
            }
        });
    }

    /** Behind the last sample in a run like any other: told by the next call that waits, and then the step goes on. */
    @Test
    void tellsOfWrongDataInEveryRun() {
        cases("recorded with wrong data", 1, (c, rig) -> {
            Pair pair = new Pair(c, rig, false);
            for (int i = 0; i < ENOUGH; i++) {
                pair.train("in turn " + i, 1);
                float before = rig.read(pair.recorded.position);
                rig.workspace().write(pair.recorded.position, SAMPLES - 1);
                assertThatThrownBy(() -> {
                            pair.wholeStep.run();
                            rig.workspace().sync();
                        })
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("order");
                rig.workspace().write(pair.plain.position, SAMPLES - 1);
                assertThatThrownBy(() -> {
                            pair.whole.step();
                            rig.workspace().sync();
                        })
                        .isInstanceOf(IllegalArgumentException.class);
                assertThat(before).isEqualTo(2f * StepNetwork.BATCH + StepNetwork.PARTIAL);
            }
        });
    }

    @Test
    void saysHowItIsRun() {
        try (Rig rig = rig()) {
            Values numbers = rig.vector(9, null, new float[9]);
            Step step = rig.workspace().record(() -> rig.workspace().dense().fill(numbers, 2));
            assertThat(step.describe()).isNotBlank();
            step.run();
            assertThat(step.describe()).isNotBlank();
        }
    }
}
