package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.SoftmaxCrossEntropy;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** {@code softmaxCrossEntropy}: loss, count and gradient, on whole and partial batches. */
public abstract class SoftmaxCrossEntropyContract extends BackendContract {

    private static final Integer[] BATCHES = {1, 2, 15, 16, 17, 31, 32, 33, 64, 65, 100};

    /** Below this, gradients may be flushed to 0. */
    private static final double TINY = 1e-30;

    @Test
    void givesLossCountAndGradientOfTheOracle() {
        cases("softmax", 88, (c, rig) -> {
            int batch = c.turn("batch", BATCHES);
            int classes = c.pick("classes", 1, 2, 10, 10, 35, 47, 100);
            int beyond = c.pick("beyond", 0, 0, 1, 16, 40);
            Shape shape = Shape.of(classes, batch);
            float[] logits = c.pick("ties", true, false) ? c.tiedValues(shape.size()) : c.values(shape.size());
            int[] classOf = c.indices(batch, classes);
            Labels labels = rig.labels(classOf);
            Tensor in = rig.tensor(shape, beyond, logits);
            String where = c.pick("gradient", "apart", "in place", "none");
            Tensor gradient = switch (where) {
                case "apart" -> rig.tensor(shape, c.pick("gradient's beyond", 0, 16), nan(logits.length));
                case "in place" -> in;
                default -> null;
            };
            Cell loss = rig.cell(1.5f);
            Cell correct = rig.cell(3);

            rig.workspace().nn().softmaxCrossEntropy(in, labels, gradient, loss, correct);

            SoftmaxCrossEntropy.Result want = SoftmaxCrossEntropy.of(logits, classes, batch, classOf);
            Spread spread = Spread.of(logits, classes, batch, classOf);
            long terms = classes + batch + 16L;
            Close.check("loss", rig.read(loss), (float) (1.5 + want.lossSum()), 1.5 + spread.loss, terms);
            assertThat(rig.read(correct)).as("correct").isEqualTo(3f + want.correct());
            if (gradient != null) {
                Close.check("gradient", rig.read(gradient), want.gradient(), spread.gradient, classes + 16L);
            }
            if (gradient != in) {
                Close.sameBits("logits afterwards", rig.read(in), logits);
            }
        });
    }

    /** Told at the latest by the next call that waits; then the workspace goes on. */
    @Test
    void tellsOfALabelThatIsNoClass() {
        for (int wrong : new int[] {3, -1}) {
            try (Rig rig = rig()) {
                Tensor logits = rig.tensor(Shape.of(3, 2), 0, new float[6]);
                Cell loss = rig.cell(0);
                Cell correct = rig.cell(0);
                assertThatThrownBy(() -> {
                            rig.workspace()
                                    .nn()
                                    .softmaxCrossEntropy(logits, rig.labels(new int[] {0, wrong}), null, loss, correct);
                            rig.workspace().sync();
                        })
                        .isInstanceOf(IllegalArgumentException.class);
                rig.workspace().write(correct, 0);
                rig.workspace().nn().softmaxCrossEntropy(logits, rig.labels(new int[] {0, 2}), null, loss, correct);
                assertThat(rig.read(correct)).as("correct").isEqualTo(1);
            }
        }
    }

    /** How large the numbers are that loss and gradient are computed from: exp turns absolute into relative errors. */
    @SuppressWarnings("ArrayRecordComponent") // lives as long as its case
    private record Spread(double loss, float[] gradient) {

        static Spread of(float[] logits, int classes, int batch, int[] labels) {
            double loss = 0;
            float[] gradient = new float[logits.length];
            for (int j = 0; j < batch; j++) {
                double max = Double.NEGATIVE_INFINITY;
                for (int c = 0; c < classes; c++) {
                    max = Math.max(max, logits[c * batch + j]);
                }
                double total = 0;
                double spread = 0;
                for (int c = 0; c < classes; c++) {
                    double exp = Math.exp(logits[c * batch + j] - max);
                    total += exp;
                    spread += exp * (max - logits[c * batch + j]);
                }
                spread /= total;
                loss += Math.abs(max) + Math.abs(logits[labels[j] * batch + j]) + Math.log(total) + 1 + spread;
                for (int c = 0; c < classes; c++) {
                    double distance = max - logits[c * batch + j];
                    double softmax = Math.exp(-distance) / total;
                    double sum = softmax * (1 + distance + spread) + (c == labels[j] ? 1 : 0);
                    gradient[c * batch + j] = (float) (sum / batch + TINY);
                }
            }
            return new Spread(loss, gradient);
        }
    }

    /** The largest logit's class is the first of those that have it, and a zero is as large with a sign as without. */
    @Test
    void takesTheFirstOfEquals() {
        try (Rig rig = rig()) {
            // Samples are columns: 1 and 1; 0 and -0; -0 and 0; 2 in the middle.
            Tensor logits = rig.tensor(Shape.of(3, 4), 0, new float[] {1, 0f, -0f, 1, 1, -0f, 0f, 2, 0, -1, -1, 1});
            for (int label = 0; label < 3; label++) {
                Cell correct = rig.cell(0);
                int[] labels = {label, label, label, label};
                rig.workspace().nn().softmaxCrossEntropy(logits, rig.labels(labels), null, rig.cell(0), correct);
                assertThat(rig.read(correct)).as("class " + label).isEqualTo(new float[] {3, 1, 0}[label]);
            }
        }
    }

    @Test
    void survivesHugeLogits() {
        try (Rig rig = rig()) {
            Tensor logits = rig.tensor(Shape.of(2, 2), 0, new float[] {3e4f, -3e4f, -3e4f, 3e4f});
            Tensor gradient = rig.tensor(Shape.of(2, 2), 0, nan(4));
            Cell loss = rig.cell(0);
            Cell correct = rig.cell(0);
            rig.workspace().nn().softmaxCrossEntropy(logits, rig.labels(new int[] {0, 0}), gradient, loss, correct);
            Close.check("loss", rig.read(loss), 6e4f, 6e4, 4);
            assertThat(rig.read(correct)).isEqualTo(1);
            Close.check("gradient", rig.read(gradient), new float[] {0, -0.5f, 0, 0.5f}, new float[] {1, 1, 1, 1}, 4);
        }
    }

    /** The gradient is the derivative of the mean loss that the backend itself reports. */
    @Test
    void gradientIsTheDifferenceOfTheLoss() {
        try (Rig rig = rig()) {
            float[] logits = {0.5f, -1, 2, 0.25f, 1, -0.75f};
            Labels labels = rig.labels(new int[] {2, 0});
            Tensor in = rig.tensor(Shape.of(3, 2), 0, logits);
            Tensor gradient = rig.tensor(Shape.of(3, 2), 0, nan(6));
            rig.workspace().nn().softmaxCrossEntropy(in, labels, gradient, rig.cell(0), rig.cell(0));
            float[] got = rig.read(gradient);
            float step = 1f / 64;
            for (int i = 0; i < logits.length; i++) {
                double difference = loss(rig, in, labels, logits, i, step) - loss(rig, in, labels, logits, i, -step);
                // Truncation is at most step²/6 times the third derivative, which is below 1/2; the mean halves both.
                assertThat(difference / (2 * step) / 2).isCloseTo(got[i], Offset.offset(5e-5));
            }
        }
    }

    private static float loss(Rig rig, Tensor in, Labels labels, float[] logits, int at, float step) {
        float[] moved = logits.clone();
        moved[at] += step;
        rig.upload(in, moved);
        Cell loss = rig.cell(0);
        rig.workspace().nn().softmaxCrossEntropy(in, labels, null, loss, rig.cell(0));
        return rig.read(loss);
    }

    @Test
    void tangentIsThatOfTheOracle() {
        cases("softmax, tangent", 88, (c, rig) -> {
            int batch = c.turn("batch", BATCHES);
            int classes = c.pick("classes", 1, 2, 10, 10, 35, 100);
            int beyond = c.pick("beyond", 0, 0, 1, 16, 40);
            Shape shape = Shape.of(classes, batch);
            float[] logits = c.values(shape.size());
            float[] logitsDot = c.values(shape.size());
            Tensor in = rig.tensor(shape, beyond, logits);
            Tensor inDot = rig.tensor(shape, c.pick("tangent's beyond", 0, 16), logitsDot);
            Tensor out = rig.tensor(shape, beyond, nan(logits.length));

            rig.workspace().nn().softmaxCrossEntropyTangent(in, inDot, out);

            Close.check(
                    "gradientDot",
                    rig.read(out),
                    SoftmaxCrossEntropy.tangent(logits, logitsDot, classes, batch),
                    tangentMagnitudes(logits, logitsDot, classes, batch),
                    classes + 16L);
            Close.sameBits("logits afterwards", rig.read(in), logits);
            Close.sameBits("logitsDot afterwards", rig.read(inDot), logitsDot);
        });
    }

    /** With the errors of exponentials, which grow with the distance from the largest logit. */
    private static float[] tangentMagnitudes(float[] logits, float[] logitsDot, int classes, int batch) {
        float[] magnitudes = new float[logits.length];
        float[] softmax = Spread.of(logits, classes, batch, new int[batch]).gradient;
        for (int j = 0; j < batch; j++) {
            double mean = 0;
            for (int c = 0; c < classes; c++) {
                mean += (double) softmax[c * batch + j] * batch * Math.abs(logitsDot[c * batch + j]);
            }
            for (int c = 0; c < classes; c++) {
                double sum = softmax[c * batch + j] * (Math.abs(logitsDot[c * batch + j]) + mean);
                magnitudes[c * batch + j] = (float) (sum + TINY);
            }
        }
        return magnitudes;
    }

    /** The tangent is the difference of the gradients that the backend itself gives. */
    @Test
    void tangentIsTheDifferenceOfTheGradients() {
        try (Rig rig = rig()) {
            float[] logits = {0.5f, -1, 2, 0.25f, 1, -0.75f};
            float[] direction = {1, 0.5f, -2, 1.5f, 0.25f, -1};
            Labels labels = rig.labels(new int[] {2, 0});
            Shape shape = Shape.of(3, 2);
            Tensor in = rig.tensor(shape, 0, logits);
            Tensor out = rig.tensor(shape, 0, nan(6));
            rig.workspace().nn().softmaxCrossEntropyTangent(in, rig.tensor(shape, 0, direction), out);
            float[] got = rig.read(out);
            float step = 1f / 64;
            float[] up = gradient(rig, in, labels, logits, direction, step);
            float[] down = gradient(rig, in, labels, logits, direction, -step);
            for (int i = 0; i < got.length; i++) {
                double difference = ((double) up[i] - down[i]) / (2 * step);
                assertThat(difference).isCloseTo(got[i], Offset.offset(3e-4));
            }
        }
    }

    private static float[] gradient(Rig rig, Tensor in, Labels labels, float[] logits, float[] direction, float step) {
        float[] moved = logits.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        rig.upload(in, moved);
        Tensor gradient = rig.tensor(in.shape(), 0, nan(moved.length));
        rig.workspace().nn().softmaxCrossEntropy(in, labels, gradient, rig.cell(0), rig.cell(0));
        return rig.read(gradient);
    }
}
