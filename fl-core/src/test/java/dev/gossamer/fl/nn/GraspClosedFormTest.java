package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.method.Grasp;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.Snip;
import dev.gossamer.fl.sparsity.GraspScore;
import dev.gossamer.fl.sparsity.PowerPropagation;
import dev.gossamer.fl.sparsity.PruningScope;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * GraSP from samples to mask on softmax regression, whose derivatives have a closed form: with z = (Wx + b)/T, p = softmax(z)
 * and means over samples
 *
 * <pre>
 * g_W = (p − y)xᵀ/T                     g_b = (p − y)/T
 * Hg_W = (diag(p) − ppᵀ)(g_W·x + g_b)xᵀ/T²     S = −W ⊙ Hg_W
 * </pre>
 */
class GraspClosedFormTest {

    private static final int FEATURES = 6;
    private static final int CLASSES = 3;
    private static final int SAMPLES = 10;
    private static final double TEMPERATURE = 2;
    private static final int[] ALL = IntStream.range(0, SAMPLES).toArray();

    private static final ModelSpec SPEC = new ModelSpec(
            "regression", new Shape(1, 1, FEATURES, 1), List.of(new LinearSpec("fc", CLASSES, Activation.IDENTITY)));

    @ParameterizedTest
    @MethodSource("dev.gossamer.fl.TestBackends#names")
    void theMaskIsThatOfTheFormula(String name) {
        byte[] pixels = Fixtures.randomPixels(SAMPLES, FEATURES, 3);
        byte[] labels = Fixtures.randomLabels(SAMPLES, CLASSES, 3);
        ModelState model = Fixtures.randomModel(SPEC, 3);
        double[] expected = products(model, pixels, labels);
        ModelState product;
        try (Backend backend = TestBackends.open(name);
                Workspace workspace = backend.workspace(1)) {
            Samples samples = Fixtures.samples(workspace, pixels, labels, SPEC.input());
            Network network = new Network(workspace, SPEC);
            network.load(model);
            GradientSettings settings = new GradientSettings(true, (float) TEMPERATURE);
            try (HessianProduct session =
                    new HessianProduct(network, samples, PixelTransform.scale(1f / 256), SAMPLES, SAMPLES, settings)) {
                product = session.ofGradient(ALL);
            }
        }
        float[] got = product.tensor("fc.weight").values();
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).as("Hg %d", i).isCloseTo((float) expected[i], within(1e-6f));
        }
        PruningScope scope = PruningScope.weights(SPEC);
        int remove = 7;
        float[] weights = model.tensor("fc.weight").values();
        float[] left = weights.clone();
        IntStream.range(0, left.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> weights[i] * expected[i]))
                .limit(remove)
                .forEach(i -> left[i] = 0);
        assertThat(GraspScore.prune(model, product, scope::covers, remove)
                        .tensor("fc.weight")
                        .toDense())
                .containsExactly(left);
    }

    private static double[] products(ModelState model, byte[] pixels, byte[] labels) {
        double[][] g = new double[CLASSES][FEATURES + 1];
        for (int s = 0; s < SAMPLES; s++) {
            double[] x = input(pixels, s);
            double[] p = probabilities(model, x);
            for (int c = 0; c < CLASSES; c++) {
                double error = (p[c] - (labels[s] == c ? 1 : 0)) / TEMPERATURE / SAMPLES;
                for (int j = 0; j <= FEATURES; j++) {
                    g[c][j] += error * x[j];
                }
            }
        }
        double[] product = new double[CLASSES * FEATURES];
        for (int s = 0; s < SAMPLES; s++) {
            double[] x = input(pixels, s);
            double[] p = probabilities(model, x);
            double[] along = new double[CLASSES];
            double mean = 0;
            for (int c = 0; c < CLASSES; c++) {
                for (int j = 0; j <= FEATURES; j++) {
                    along[c] += g[c][j] * x[j];
                }
                mean += p[c] * along[c];
            }
            for (int c = 0; c < CLASSES; c++) {
                for (int j = 0; j < FEATURES; j++) {
                    product[c * FEATURES + j] +=
                            p[c] * (along[c] - mean) * x[j] / (TEMPERATURE * TEMPERATURE) / SAMPLES;
                }
            }
        }
        return product;
    }

    /** With a one behind the features, for the bias. */
    private static double[] input(byte[] pixels, int sample) {
        double[] x = new double[FEATURES + 1];
        for (int j = 0; j < FEATURES; j++) {
            x[j] = (pixels[sample * FEATURES + j] & 0xff) / 256.0;
        }
        x[FEATURES] = 1;
        return x;
    }

    private static double[] probabilities(ModelState model, double[] x) {
        float[] w = model.tensor("fc.weight").values();
        float[] b = model.tensor("fc.bias").values();
        double[] p = new double[CLASSES];
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            double z = b[c];
            for (int j = 0; j < FEATURES; j++) {
                z += w[c * FEATURES + j] * x[j];
            }
            p[c] = Math.exp(z / TEMPERATURE);
            sum += p[c];
        }
        for (int c = 0; c < CLASSES; c++) {
            p[c] /= sum;
        }
        return p;
    }

    /** Their scores are by weights; of theta neither the factor nor the derivative would be right. */
    @Test
    void scoresOfPowersAreRefused() {
        ModelSpec power = SPEC.withPower(new PowerPropagation(1.25f));
        LocalTraining training = new LocalTraining(1, 8, 0.1, Sgd.PLAIN);
        PruningScope scope = PruningScope.weights(SPEC);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Grasp(power, training, 0.5, scope, 25, 200, 1))
                .withMessageContaining("without Powerpropagation");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Snip(power, training, 0.5, scope, 25, GradientSettings.TRAINING, 1))
                .withMessageContaining("without Powerpropagation");
    }
}
