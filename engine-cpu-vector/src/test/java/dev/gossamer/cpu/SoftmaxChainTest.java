package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.check.CheckedBackend;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Loss, count and gradient have the bits of one sample after the other, classes in ascending order: so they do not depend on
 * the vector width.
 */
class SoftmaxChainTest {

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    @ParameterizedTest
    @CsvSource({"10, 1", "10, 32", "10, 33", "1, 17", "2, 31", "47, 100", "100, 64"})
    void oneSampleAfterTheOther(int classes, int batch) {
        SplittableRandom random = new SplittableRandom(classes * 1000L + batch);
        float[] logits = new float[classes * batch];
        for (int i = 0; i < logits.length; i++) {
            // Some ties, some far apart.
            logits[i] = i % 3 == 0 ? random.nextInt(-2, 3) : (float) (random.nextGaussian() * (i % 7 == 0 ? 60 : 2));
        }
        int[] labels = random.ints(batch, 0, classes).toArray();
        float[] gradient = new float[logits.length];
        double loss = 0;
        int right = 0;
        for (int j = 0; j < batch; j++) {
            int largest = 0;
            for (int c = 1; c < classes; c++) {
                largest = logits[c * batch + j] > logits[largest * batch + j] ? c : largest;
            }
            float max = logits[largest * batch + j];
            float sum = 0;
            for (int c = 0; c < classes; c++) {
                sum += ScalarMath.expDifference(logits[c * batch + j], max);
            }
            for (int c = 0; c < classes; c++) {
                float part = ScalarMath.expDifference(logits[c * batch + j], max) / sum / batch;
                gradient[c * batch + j] = c == labels[j] ? part - 1f / batch : part;
            }
            loss += VectorMath.LN2 * ScalarMath.log2(sum) + ((double) max - logits[labels[j] * batch + j]);
            right += largest == labels[j] ? 1 : 0;
        }

        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(1, TuningTable.EMPTY)));
                Workspace workspace = backend.workspace(1)) {
            Tensor in = workspace.tensor(Shape.of(classes, batch), Layout.NATIVE);
            Labels classOf = workspace.labels(batch);
            Cell lossSum = workspace.cell(0);
            Cell correct = workspace.cell(0);
            workspace.upload(MemorySegment.ofArray(logits), in);
            workspace.upload(MemorySegment.ofArray(labels), batch, classOf);
            workspace.nn().softmaxCrossEntropy(in, classOf, in, lossSum, correct);
            float[] got = new float[logits.length];
            workspace.download(in, MemorySegment.ofArray(got));
            assertThat(got).containsExactly(gradient);
            assertThat(workspace.read(lossSum)).isEqualTo((float) loss);
            assertThat(workspace.read(correct)).isEqualTo(right);
        }
    }
}
