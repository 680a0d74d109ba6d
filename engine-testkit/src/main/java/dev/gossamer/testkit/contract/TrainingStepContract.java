package dev.gossamer.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.reference.GatherScatter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * A whole training step of a small perceptron, recorded and replayed, against {@link Mlp} in double: dense, sparse, pruned
 * on the way, with a partial batch between the full ones.
 */
public abstract class TrainingStepContract extends BackendContract {

    private static final int[] SIZES = {23, 37, 18, 5};
    private static final int BATCH = 33;
    private static final int PARTIAL = 18;
    private static final float MOMENTUM = 0.9f;
    private static final Sgd RULE = new Sgd(MOMENTUM, false, 0, 0);

    /** Rounding of six short steps; a wrong term shows in the second digit. */
    private static final double TOLERANCE = 2e-5;

    @Test
    void trainsDense() {
        cases("dense step", 6, (c, rig) -> train(c, rig, 1, false));
    }

    @Test
    void trainsSparse() {
        cases("sparse step", 8, (c, rig) -> train(c, rig, c.turn("density", 0.05, 0.2, 0.5, 0.9), false));
    }

    @Test
    void trainsOnWhilePruned() {
        cases("pruned step", 6, (c, rig) -> train(c, rig, c.turn("density", 1.0, 0.5), true));
    }

    private static void train(Case c, Rig rig, double density, boolean prune) {
        Mlp oracle = new Mlp(SIZES);
        EngineMlp engine = new EngineMlp(rig, SIZES);
        initialise(c, rig, oracle, engine, density);
        EngineMlp.Session whole = engine.new Session(BATCH);
        EngineMlp.Session partial = engine.new Session(PARTIAL, whole);
        Step wholeStep = rig.workspace().record(() -> whole.step(RULE));
        Step partialStep = rig.workspace().record(() -> partial.step(RULE));
        rig.workspace().write(engine.rate, 0.05f);
        double lossWanted = 0;
        long afterWarmUp = 0;
        for (int i = 0; i < 6; i++) {
            boolean last = i % 3 == 2;
            EngineMlp.Session session = last ? partial : whole;
            lossWanted += step(c, rig, oracle, session, last ? partialStep : wholeStep);
            if (i == 2) {
                afterWarmUp = rig.workspace().allocatedBytes();
            }
            if (prune && i == 3) {
                prune(rig, oracle, engine);
            }
        }
        if (!prune) {
            assertThat(rig.workspace().allocatedBytes()).as("bytes held").isEqualTo(afterWarmUp);
        }
        assertThat((double) rig.read(engine.loss))
                .as("loss")
                .isCloseTo(lossWanted, Offset.offset(TOLERANCE * lossWanted));
        compare(rig, oracle, engine);
    }

    private static double step(Case c, Rig rig, Mlp oracle, EngineMlp.Session session, Step step) {
        int batch = session.x().shape().batch();
        float[] x = c.values((long) SIZES[0] * batch);
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.clamp(x[i], -1f, 1f);
        }
        int[] labels = c.indices(batch, SIZES[SIZES.length - 1]);
        rig.upload(session.x(), x);
        rig.workspace().upload(MemorySegment.ofArray(labels), batch, session.labels);
        step.run();
        double[][] rows = new double[SIZES[0]][batch];
        for (int i = 0; i < x.length; i++) {
            rows[i / batch][i % batch] = x[i];
        }
        return oracle.step(rows, labels, 0.05f, MOMENTUM);
    }

    private static void initialise(Case c, Rig rig, Mlp oracle, EngineMlp engine, double density) {
        for (int l = 0; l < engine.layers(); l++) {
            int rows = SIZES[l + 1];
            int cols = SIZES[l];
            SparsityPattern pattern = c.random(rows, cols, density);
            if (density < 1) {
                rig.workspace().repattern(engine.weights(l), pattern);
                oracle.mask(l, pattern);
            }
            float[] w = new float[Math.toIntExact(engine.weights(l).nnz())];
            for (int p = 0; p < w.length; p++) {
                w[p] = (c.random().nextFloat() - 0.5f) * (float) (2 / Math.sqrt(cols * density));
            }
            rig.upload(engine.weight(l, Role.THETA), w);
            float[] dense = GatherScatter.scatter(Rig.entries(engine.weights(l)), w);
            for (int i = 0; i < dense.length; i++) {
                oracle.weights[l][i / cols][i % cols] = dense[i];
            }
            float[] b = new float[rows];
            for (int o = 0; o < rows; o++) {
                b[o] = c.random().nextFloat() - 0.5f;
                oracle.biases[l][o] = b[o];
            }
            rig.upload(engine.bias(l, Role.THETA), b);
        }
    }

    /** The engine chooses what stays, the oracle follows: selection has a contract of its own. */
    private static void prune(Rig rig, Mlp oracle, EngineMlp engine) {
        long entries = engine.parameters().stream().mapToLong(Space::nnz).sum();
        rig.workspace().select().keepTop(engine.parameters(), Role.THETA, entries / 3);
        for (int l = 0; l < engine.layers(); l++) {
            oracle.mask(l, Rig.entries(engine.weights(l)));
            oracle.maskBias(l, Rig.entries(engine.biases(l)));
        }
    }

    private static void compare(Rig rig, Mlp oracle, EngineMlp engine) {
        for (int l = 0; l < engine.layers(); l++) {
            int layer = l;
            Values theta = engine.weight(l, Role.THETA);
            float[] w = rig.read(theta);
            Rig.entries(theta.space())
                    .forEach((r, col, p) -> near("layer " + layer, w[p], oracle.weights[layer][r][col]));
            float[] b = rig.read(engine.bias(l, Role.THETA));
            Rig.entries(engine.biases(l))
                    .forEach((r, o, p) -> near("bias of layer " + layer, b[p], oracle.biases[layer][o]));
        }
    }

    private static void near(String what, float got, double want) {
        if (!(Math.abs(got - want) <= TOLERANCE)) {
            throw new AssertionError(what + ": got " + got + ", want " + want);
        }
    }

    @Test
    void lowersTheLoss() {
        for (double density : new double[] {1, 0.3}) {
            cases("loss falls at density " + density, 2, (c, rig) -> {
                EngineMlp engine = new EngineMlp(rig, SIZES);
                initialise(c, rig, new Mlp(SIZES), engine, density);
                EngineMlp.Session session = engine.new Session(BATCH);
                rig.upload(session.x(), c.values((long) SIZES[0] * BATCH));
                int[] labels = c.indices(BATCH, SIZES[SIZES.length - 1]);
                rig.workspace().upload(MemorySegment.ofArray(labels), BATCH, session.labels);
                rig.workspace().write(engine.rate, 0.01f);
                Step step = rig.workspace().record(() -> session.step(RULE));
                float[] losses = new float[60];
                for (int i = 0; i < losses.length; i++) {
                    rig.workspace().write(engine.loss, 0);
                    step.run();
                    losses[i] = rig.read(engine.loss);
                }
                assertThat(losses[59])
                        .as("loss, from %s", Arrays.toString(losses))
                        .isLessThan(0.7f * losses[0]);
            });
        }
    }
}
