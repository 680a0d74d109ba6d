package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Lanes.I;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
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

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    // Scratch holds vectors, by byte offsets: largest logits, sums of exponentials, own logits, a spare one, labels,
    // logarithms in double, then the exponentials by class. Vectors pass between methods through it, since one that is
    // returned from a call is boxed.
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
            MemorySegment memory) {
        checkClasses(classes, logits.batch, logits.features);
        long scratch = Raw.address(memory, 0, scratchBytes(logits.features));
        double loss = 0;
        int right = 0;
        for (int column = 0; column < logits.batch; column += COUNT) {
            int samples = Math.min(COUNT, logits.batch - column);
            long from = column(logits, column);
            int step = Math.toIntExact(logits.rowStride());
            labels(classes, column, samples, scratch);
            max(from, step, logits.features, scratch);
            right += right(from, step, classes, column, samples, scratch);
            exponentials(from, step, logits.features, scratch);
            VectorMath.log2(scratch + SUM, 1, scratch + LOGS);
            for (int i = 0; i < samples; i++) {
                loss += term(scratch, i);
            }
            if (gradient != null) {
                normalise(
                        column(gradient, column),
                        Math.toIntExact(gradient.rowStride()),
                        gradient.features,
                        gradient.batch,
                        scratch);
            }
        }
        lossSum.value = (float) (lossSum.value + loss);
        correct.value += right;
        if (gradient != null) {
            gradient.clearTail();
        }
    }

    /** The address of a vector of samples, in the first class. */
    private static long column(CpuTensor t, int column) {
        return Raw.address(t.data, t.base(column), (t.features - 1) * t.rowStride() + BYTES);
    }

    /** {@code gradientDot = p ⊙ (logitsDot − Σ p·logitsDot) / batch}; the exponentials are those of the loss. */
    static void tangent(CpuTensor logits, CpuTensor logitsDot, CpuTensor gradientDot, MemorySegment memory) {
        long scratch = Raw.address(memory, 0, scratchBytes(logits.features));
        int features = logits.features;
        for (int column = 0; column < logits.batch; column += COUNT) {
            long from = column(logits, column);
            int step = Math.toIntExact(logits.rowStride());
            max(from, step, features, scratch);
            exponentials(from, step, features, scratch);
            mean(column(logitsDot, column), Math.toIntExact(logitsDot.rowStride()), features, scratch);
            centre(logitsDot, gradientDot, column, scratch);
        }
        gradientDot.clearTail();
    }

    /** {@code Σ p·logitsDot}, stored where the loss has own logits. */
    private static void mean(long logitsDot, int step, int features, long scratch) {
        FloatVector sum = FloatVector.zero(F);
        for (int row = 0; row < features; row++) {
            sum = fromMemorySegment(F, ALL, (scratch + EXPONENTIALS + (long) row * BYTES) & USER, LITTLE_ENDIAN)
                    .fma(fromMemorySegment(F, ALL, (logitsDot + (long) row * step) & USER, LITTLE_ENDIAN), sum);
        }
        sum.div(fromMemorySegment(F, ALL, (scratch + SUM) & USER, LITTLE_ENDIAN))
                .intoMemorySegment(ALL, (scratch + OWN) & USER, LITTLE_ENDIAN);
    }

    private static void centre(CpuTensor logitsDot, CpuTensor gradientDot, int column, long scratch) {
        float batch = logitsDot.batch;
        FloatVector sum = fromMemorySegment(F, ALL, (scratch + SUM) & USER, LITTLE_ENDIAN);
        FloatVector mean = fromMemorySegment(F, ALL, (scratch + OWN) & USER, LITTLE_ENDIAN);
        long from = column(logitsDot, column);
        long to = column(gradientDot, column);
        for (int row = 0; row < logitsDot.features; row++) {
            fromMemorySegment(F, ALL, (scratch + EXPONENTIALS + (long) row * BYTES) & USER, LITTLE_ENDIAN)
                    .div(sum)
                    .div(batch)
                    .mul(fromMemorySegment(F, ALL, (from + row * logitsDot.rowStride()) & USER, LITTLE_ENDIAN)
                            .sub(mean))
                    .intoMemorySegment(ALL, (to + row * gradientDot.rowStride()) & USER, LITTLE_ENDIAN);
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

    private static void labels(int[] classes, int column, int samples, long scratch) {
        for (int i = 0; i < COUNT; i++) {
            ALL.set(INT, (scratch + LABELS + 4L * i) & USER, i < samples ? classes[column + i] : NO_SAMPLE);
        }
    }

    private static void max(long logits, int step, int rows, long scratch) {
        long from = logits & USER;
        FloatVector max = fromMemorySegment(F, ALL, from, LITTLE_ENDIAN);
        for (int row = 1; row < rows; row++) {
            max = max.max(fromMemorySegment(F, ALL, (from + (long) row * step) & USER, LITTLE_ENDIAN));
        }
        max.intoMemorySegment(ALL, (scratch + MAX) & USER, LITTLE_ENDIAN);
    }

    /**
     * Stores the labels' own logits, and counts the samples whose largest logit, the first of equals, is the label's. One sample
     * after the other: as vectors, C2 boxed it once other kernels had run. Without branches that logits decide: of those C2
     * leaves out what never happened, and when a model that has learned makes it happen, it throws the code of the whole step
     * away and goes on in C1's, where each vector is an object.
     */
    private static int right(long logits, int step, int[] classes, int column, int samples, long scratch) {
        int right = 0;
        for (int i = 0; i < samples; i++) {
            long at = logits + 4L * i;
            int label = classes[column + i];
            int max = ALL.get(INT, (scratch + MAX + 4L * i) & USER);
            int own = ALL.get(INT, (at + (long) label * step) & USER);
            ALL.set(INT, (scratch + OWN + 4L * i) & USER, own);
            int wrong = differ(own, max) | nan(max);
            for (int row = 0; row < label; row++) {
                wrong |= ~differ(ALL.get(INT, (at + (long) row * step) & USER), max);
            }
            right += 1 + wrong;
        }
        return right;
    }

    /** -1 if floats differ, given by their bits, else 0; zeros are equal, and so are NaN of the same bits. */
    private static int differ(int a, int b) {
        int bits = a ^ b;
        int magnitudes = (a | b) << 1;
        return ((bits | -bits) & (magnitudes | -magnitudes)) >> 31;
    }

    /** -1 if a float is NaN, given by its bits, else 0. */
    private static int nan(int bits) {
        return (Float.floatToRawIntBits(Float.POSITIVE_INFINITY) - (bits & Integer.MAX_VALUE)) >> 31;
    }

    /** {@code exp(logit - max)} of every class, and their sum. */
    private static void exponentials(long logits, int step, int rows, long scratch) {
        for (int row = 0; row < rows; row++) {
            VectorMath.expDifference(
                    logits + (long) row * step,
                    scratch + MAX,
                    scratch + EXPONENTIALS + (long) row * BYTES,
                    scratch + SPARE);
        }
        sum(scratch + EXPONENTIALS, rows, scratch + SUM);
    }

    private static void sum(long vectors, int count, long to) {
        long from = vectors & USER;
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < count; i++) {
            sum = sum.add(fromMemorySegment(F, ALL, from + (long) i * BYTES, LITTLE_ENDIAN));
        }
        sum.intoMemorySegment(ALL, to & USER, LITTLE_ENDIAN);
    }

    /** {@code ln Σ exp(logit - max) + max - own logit} of one sample of the vector, in double. */
    private static double term(long scratch, int sample) {
        float max = ALL.get(UNCHECKED, (scratch + MAX + 4L * sample) & USER);
        float own = ALL.get(UNCHECKED, (scratch + OWN + 4L * sample) & USER);
        return VectorMath.LN2 * ALL.get(DOUBLE, (scratch + LOGS + 8L * sample) & USER) + ((double) max - own);
    }

    private static void normalise(long gradient, int step, int rows, float batch, long scratch) {
        FloatVector sum = fromMemorySegment(F, ALL, (scratch + SUM) & USER, LITTLE_ENDIAN);
        IntVector labels = IntVector.fromMemorySegment(I, ALL, (scratch + LABELS) & USER, LITTLE_ENDIAN);
        long from = (scratch + EXPONENTIALS) & USER;
        for (int row = 0; row < rows; row++) {
            FloatVector part = fromMemorySegment(F, ALL, from + (long) row * BYTES, LITTLE_ENDIAN)
                    .div(sum)
                    .div(batch);
            part.blend(
                            part.sub(1 / batch),
                            labels.compare(VectorOperators.EQ, row).cast(F))
                    .intoMemorySegment(ALL, (gradient + (long) row * step) & USER, LITTLE_ENDIAN);
        }
    }
}
