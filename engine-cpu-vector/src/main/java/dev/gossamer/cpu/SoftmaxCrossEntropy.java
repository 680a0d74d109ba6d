package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Lanes.I;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * Softmax and cross-entropy, a vector of samples at a time: the batch is contiguous, so classes are plain loops. Only the
 * terms of the loss are taken one by one, in the order of the batch, so that no bit depends on the width.
 */
final class SoftmaxCrossEntropy {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;

    // Scratch holds vectors, by byte offsets: largest logits (where expDifference wants them), sums of exponentials,
    // own logits,
    // a spare one, labels, logarithms in double, then the exponentials by class. Vectors pass between methods through
    // it,
    // since one that is returned from a call is boxed.
    private static final long MAX = 0;
    private static final long SUM = BYTES;
    private static final long OWN = 2L * BYTES;
    private static final long SPARE = 3L * BYTES;
    private static final long LABELS = 4L * BYTES;
    private static final long LOGS = 5L * BYTES;
    private static final long EXPONENTIALS = 7L * BYTES;

    /** Labels of lanes beyond the batch: no class. */
    private static final int NO_SAMPLE = -1;

    private SoftmaxCrossEntropy() {}

    static long scratchBytes(int features) {
        return EXPONENTIALS + (long) features * BYTES;
    }

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
            labels(classes, column, samples, scratch);
            max(logits, column, scratch);
            right += right(logits, classes, column, samples, scratch);
            exponentials(logits, column, scratch);
            VectorMath.log2(scratch, SUM, BYTES, scratch, LOGS);
            for (int i = 0; i < samples; i++) {
                loss += term(scratch, i);
            }
            if (gradient != null) {
                normalise(gradient, column, scratch);
            }
        }
        lossSum.value = (float) (lossSum.value + loss);
        correct.value += right;
        if (gradient != null) {
            gradient.clearTail();
        }
    }

    /** {@code gradientDot = p ⊙ (logitsDot − Σ p·logitsDot) / batch}; the exponentials are those of the loss. */
    static void tangent(CpuTensor logits, CpuTensor logitsDot, CpuTensor gradientDot, MemorySegment scratch) {
        for (int column = 0; column < logits.batch; column += COUNT) {
            max(logits, column, scratch);
            exponentials(logits, column, scratch);
            mean(logitsDot, column, scratch);
            centre(logitsDot, gradientDot, column, scratch);
        }
        gradientDot.clearTail();
    }

    /** {@code Σ p·logitsDot}, stored where the loss has own logits. */
    private static void mean(CpuTensor logitsDot, int column, MemorySegment scratch) {
        long from = logitsDot.base(column);
        FloatVector sum = FloatVector.zero(F);
        for (int row = 0; row < logitsDot.features; row++) {
            sum = fromMemorySegment(F, scratch, EXPONENTIALS + (long) row * BYTES, LITTLE_ENDIAN)
                    .fma(fromMemorySegment(F, logitsDot.data, from + row * logitsDot.rowStride(), LITTLE_ENDIAN), sum);
        }
        sum.div(fromMemorySegment(F, scratch, SUM, LITTLE_ENDIAN)).intoMemorySegment(scratch, OWN, LITTLE_ENDIAN);
    }

    private static void centre(CpuTensor logitsDot, CpuTensor gradientDot, int column, MemorySegment scratch) {
        float batch = logitsDot.batch;
        FloatVector sum = fromMemorySegment(F, scratch, SUM, LITTLE_ENDIAN);
        FloatVector mean = fromMemorySegment(F, scratch, OWN, LITTLE_ENDIAN);
        long from = logitsDot.base(column);
        long to = gradientDot.base(column);
        for (int row = 0; row < logitsDot.features; row++) {
            fromMemorySegment(F, scratch, EXPONENTIALS + (long) row * BYTES, LITTLE_ENDIAN)
                    .div(sum)
                    .div(batch)
                    .mul(fromMemorySegment(F, logitsDot.data, from + row * logitsDot.rowStride(), LITTLE_ENDIAN)
                            .sub(mean))
                    .intoMemorySegment(gradientDot.data, to + row * gradientDot.rowStride(), LITTLE_ENDIAN);
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

    private static void labels(int[] classes, int column, int samples, MemorySegment scratch) {
        for (int i = 0; i < COUNT; i++) {
            scratch.set(INT, LABELS + (long) i * Integer.BYTES, i < samples ? classes[column + i] : NO_SAMPLE);
        }
    }

    private static void max(CpuTensor logits, int column, MemorySegment scratch) {
        long at = logits.base(column);
        FloatVector max = fromMemorySegment(F, logits.data, at, LITTLE_ENDIAN);
        for (int row = 1; row < logits.features; row++) {
            max = max.max(fromMemorySegment(F, logits.data, at + row * logits.rowStride(), LITTLE_ENDIAN));
        }
        max.intoMemorySegment(scratch, MAX, LITTLE_ENDIAN);
    }

    /**
     * Stores the labels' own logits, and counts the samples whose largest logit, the first of equals, is the label's. One sample
     * after the other: as vectors, C2 boxed it once other kernels had run.
     */
    private static int right(CpuTensor logits, int[] classes, int column, int samples, MemorySegment scratch) {
        int right = 0;
        for (int i = 0; i < samples; i++) {
            long lane = (long) i * Float.BYTES;
            long at = logits.base(column) + lane;
            int label = classes[column + i];
            float max = scratch.get(FLOAT, MAX + lane);
            float own = logits.data.get(FLOAT, at + label * logits.rowStride());
            scratch.set(FLOAT, OWN + lane, own);
            int first = own == max ? 0 : label + 1;
            while (first < label && logits.data.get(FLOAT, at + first * logits.rowStride()) != max) {
                first++;
            }
            right += first == label ? 1 : 0;
        }
        return right;
    }

    /** {@code exp(logit - max)} of every class, and their sum. */
    private static void exponentials(CpuTensor logits, int column, MemorySegment scratch) {
        long from = logits.base(column);
        for (int row = 0; row < logits.features; row++) {
            VectorMath.expDifference(
                    logits.data, from + row * logits.rowStride(), scratch, EXPONENTIALS + (long) row * BYTES, SPARE);
        }
        FloatVector sum = FloatVector.zero(F);
        for (int row = 0; row < logits.features; row++) {
            sum = sum.add(fromMemorySegment(F, scratch, EXPONENTIALS + (long) row * BYTES, LITTLE_ENDIAN));
        }
        sum.intoMemorySegment(scratch, SUM, LITTLE_ENDIAN);
    }

    /** {@code ln Σ exp(logit - max) + max - own logit} of one sample of the vector, in double. */
    private static double term(MemorySegment scratch, int sample) {
        long at = (long) sample * Float.BYTES;
        double distance = (double) scratch.get(FLOAT, MAX + at) - scratch.get(FLOAT, OWN + at);
        return VectorMath.LN2 * scratch.get(DOUBLE, LOGS + 2 * at) + distance;
    }

    private static void normalise(CpuTensor gradient, int column, MemorySegment scratch) {
        float batch = gradient.batch;
        FloatVector sum = fromMemorySegment(F, scratch, SUM, LITTLE_ENDIAN);
        IntVector labels = IntVector.fromMemorySegment(I, scratch, LABELS, LITTLE_ENDIAN);
        long to = gradient.base(column);
        for (int row = 0; row < gradient.features; row++) {
            FloatVector part = fromMemorySegment(F, scratch, EXPONENTIALS + (long) row * BYTES, LITTLE_ENDIAN)
                    .div(sum)
                    .div(batch);
            part.blend(
                            part.sub(1 / batch),
                            labels.compare(VectorOperators.EQ, row).cast(F))
                    .intoMemorySegment(gradient.data, to + row * gradient.rowStride(), LITTLE_ENDIAN);
        }
    }
}
