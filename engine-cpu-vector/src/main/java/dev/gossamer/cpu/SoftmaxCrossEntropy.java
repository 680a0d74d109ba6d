package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Lanes.load;
import static dev.gossamer.cpu.Lanes.store;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/** Softmax and cross-entropy, a vector of samples at a time: the batch is contiguous, so classes are plain loops. */
final class SoftmaxCrossEntropy {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private SoftmaxCrossEntropy() {}

    static void run(
            CpuTensor logits,
            int[] classes,
            @Nullable CpuTensor gradient,
            CpuHandles.CpuCell lossSum,
            CpuHandles.CpuCell correct,
            MemorySegment scratch) {
        checkClasses(classes, logits.batch, logits.features);
        double loss = 0;
        int right = 0;
        for (int column = 0; column < logits.batch; column += COUNT) {
            int samples = Math.min(COUNT, logits.batch - column);
            FloatVector max = max(logits, column);
            store(max, scratch, 0);
            for (int i = 0; i < samples; i++) {
                float own = logits.data.get(FLOAT, logits.offset(classes[column + i], column + i));
                scratch.setAtIndex(FLOAT, 2L * COUNT + i, own);
                right += first(logits, column + i, scratch.getAtIndex(FLOAT, i)) == classes[column + i] ? 1 : 0;
            }
            FloatVector sum = exponentials(logits, gradient, column, max);
            store(sum, scratch, (long) Lanes.BYTES);
            for (int i = 0; i < samples; i++) {
                double distance = (double) scratch.getAtIndex(FLOAT, i) - scratch.getAtIndex(FLOAT, 2L * COUNT + i);
                loss += StrictMath.log(scratch.getAtIndex(FLOAT, (long) COUNT + i)) + distance;
            }
            if (gradient != null) {
                normalise(gradient, classes, column, samples, sum);
            }
        }
        lossSum.value = (float) (lossSum.value + loss);
        correct.value += right;
        if (gradient != null) {
            gradient.clearTail();
        }
    }

    private static void checkClasses(int[] classes, int batch, int limit) {
        for (int i = 0; i < batch; i++) {
            if (classes[i] < 0 || classes[i] >= limit) {
                throw new IllegalArgumentException("label " + classes[i] + " of sample " + i + " is outside the "
                        + limit + " classes of the logits");
            }
        }
    }

    private static FloatVector max(CpuTensor logits, int column) {
        FloatVector max = load(logits.data, logits.offset(0, column));
        for (int row = 1; row < logits.features; row++) {
            max = max.max(load(logits.data, logits.offset(row, column)));
        }
        return max;
    }

    /** The first class that has the largest logit; -1 where there is a NaN. */
    private static int first(CpuTensor logits, int column, float max) {
        for (int row = 0; row < logits.features; row++) {
            if (logits.data.get(FLOAT, logits.offset(row, column)) == max) {
                return row;
            }
        }
        return -1;
    }

    /** Sums {@code exp(logit - max)} over the classes, keeping the terms in the gradient. */
    private static FloatVector exponentials(
            CpuTensor logits, @Nullable CpuTensor gradient, int column, FloatVector max) {
        FloatVector sum = FloatVector.zero(F);
        for (int row = 0; row < logits.features; row++) {
            FloatVector e =
                    VectorMath.exp(load(logits.data, logits.offset(row, column)).sub(max));
            sum = sum.add(e);
            if (gradient != null) {
                store(e, gradient.data, gradient.offset(row, column));
            }
        }
        return sum;
    }

    private static void normalise(CpuTensor gradient, int[] classes, int column, int samples, FloatVector sum) {
        float batch = gradient.batch;
        for (int row = 0; row < gradient.features; row++) {
            long at = gradient.offset(row, column);
            store(load(gradient.data, at).div(sum).div(batch), gradient.data, at);
        }
        for (int i = 0; i < samples; i++) {
            long at = gradient.offset(classes[column + i], column + i);
            gradient.data.set(FLOAT, at, gradient.data.get(FLOAT, at) - 1 / batch);
        }
    }
}
