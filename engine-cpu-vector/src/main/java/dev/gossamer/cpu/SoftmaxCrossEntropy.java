package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Softmax and cross-entropy, a vector of samples at a time: the batch is contiguous, so classes are plain loops. */
final class SoftmaxCrossEntropy {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private static final VectorSpecies<Integer> INTS = F.vectorShape().withLanes(int.class);

    /**
     * Samples whose sums of exponentials are multiplied, since a logarithm costs as much as a class of all of them: each sum
     * lies between 1 and the number of classes, so that a double holds the product.
     */
    private static final int TOGETHER = 16;

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
        double product = 1;
        int right = 0;
        for (int column = 0; column < logits.batch; column += COUNT) {
            int samples = Math.min(COUNT, logits.batch - column);
            max(logits, column, scratch);
            first(logits, column, scratch);
            for (int i = 0; i < samples; i++) {
                float own = logits.data.get(FLOAT, logits.offset(classes[column + i], column + i));
                loss += (double) scratch.getAtIndex(FLOAT, i) - own;
                right += scratch.getAtIndex(INT, 2L * COUNT + i) == classes[column + i] ? 1 : 0;
            }
            exponentials(logits, column, scratch);
            for (int i = 0; i < samples; i++) {
                product *= scratch.getAtIndex(FLOAT, (long) COUNT + i);
            }
            if ((column + COUNT) % TOGETHER == 0 || column + COUNT >= logits.batch) {
                loss += StrictMath.log(product);
                product = 1;
            }
            if (gradient != null) {
                normalise(gradient, classes, column, samples, scratch);
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

    // Scratch holds vectors: largest logits, sums of exponentials, classes of the largest, a spare one, then the
    // exponentials by
    // class. Vectors pass between methods through it,
    // since one that is returned from a call is boxed.

    private static void max(CpuTensor logits, int column, MemorySegment scratch) {
        long at = logits.base(column);
        FloatVector max = fromMemorySegment(F, logits.data, at, LITTLE_ENDIAN);
        for (int row = 1; row < logits.features; row++) {
            max = max.max(fromMemorySegment(F, logits.data, at + row * logits.rowStride(), LITTLE_ENDIAN));
        }
        max.intoMemorySegment(scratch, 0, LITTLE_ENDIAN);
    }

    /** The first class that has the largest logit; -1 where there is a NaN. */
    private static void first(CpuTensor logits, int column, MemorySegment scratch) {
        long at = logits.base(column);
        FloatVector max = fromMemorySegment(F, scratch, 0, LITTLE_ENDIAN);
        IntVector first = IntVector.broadcast(INTS, -1);
        for (int row = logits.features - 1; row >= 0; row--) {
            VectorMask<Float> largest = fromMemorySegment(F, logits.data, at + row * logits.rowStride(), LITTLE_ENDIAN)
                    .compare(VectorOperators.EQ, max);
            first = first.blend(row, largest.cast(INTS));
        }
        first.intoMemorySegment(scratch, 2L * Lanes.BYTES, LITTLE_ENDIAN);
    }

    /** {@code exp(logit - max)} of every class, and their sum. */
    private static void exponentials(CpuTensor logits, int column, MemorySegment scratch) {
        long from = logits.base(column);
        long to = 4L * Lanes.BYTES;
        for (int row = 0; row < logits.features; row++) {
            VectorMath.expDifference(
                    logits.data,
                    from + row * logits.rowStride(),
                    scratch,
                    to + (long) row * Lanes.BYTES,
                    3L * Lanes.BYTES);
        }
        FloatVector sum = FloatVector.zero(F);
        for (int row = 0; row < logits.features; row++) {
            sum = sum.add(fromMemorySegment(F, scratch, to + (long) row * Lanes.BYTES, LITTLE_ENDIAN));
        }
        sum.intoMemorySegment(scratch, Lanes.BYTES, LITTLE_ENDIAN);
    }

    private static void normalise(CpuTensor gradient, int[] classes, int column, int samples, MemorySegment scratch) {
        float batch = gradient.batch;
        FloatVector sum = fromMemorySegment(F, scratch, Lanes.BYTES, LITTLE_ENDIAN);
        long to = gradient.base(column);
        for (int row = 0; row < gradient.features; row++) {
            long at = to + row * gradient.rowStride();
            fromMemorySegment(F, scratch, (4L + row) * Lanes.BYTES, LITTLE_ENDIAN)
                    .div(sum)
                    .div(batch)
                    .intoMemorySegment(gradient.data, at, LITTLE_ENDIAN);
        }
        for (int i = 0; i < samples; i++) {
            long at = gradient.offset(classes[column + i], column + i);
            gradient.data.set(FLOAT, at, gradient.data.get(FLOAT, at) - 1 / batch);
        }
    }
}
