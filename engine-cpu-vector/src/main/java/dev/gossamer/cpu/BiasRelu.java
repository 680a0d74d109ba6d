package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.BITS;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The epilogue of a product: bias, ReLU and its mask in one pass over an output that is still in cache. */
final class BiasRelu {

    /** What is added where there is no bias. */
    static final MemorySegment NO_BIAS = Arena.global().allocate(Float.BYTES, Float.BYTES);

    private BiasRelu() {}

    static void apply(Epilogue epilogue, CpuTensor y) {
        boolean biased = epilogue.bias() != null;
        boolean relu = epilogue.activation() == Activation.RELU;
        if (!biased && !relu) {
            return;
        }
        int rows = y.features;
        int biasStep = biased ? Float.BYTES : 0;
        MemorySegment data = epilogue.bias() == null ? NO_BIAS : ((CpuValues) epilogue.bias()).data;
        long bias = Raw.address(data, 0, (long) (rows - 1) * biasStep + Float.BYTES);
        CpuMask mask = (CpuMask) epilogue.mask();
        int step = Math.toIntExact(y.rowStride());
        for (int column = 0; column < y.batch; column += 16) {
            long at = Raw.address(y.data, y.base(column), (long) (rows - 1) * step + 64);
            if (!relu) {
                add(rows, at, step, bias, biasStep);
            } else if (mask == null) {
                addRelu(rows, at, step, bias, biasStep);
            } else {
                addReluMask(rows, at, step, bias, biasStep, mask.address16(column), CpuMask.STEP);
            }
        }
        y.clearTail();
    }

    // Sixteen columns of every row, padding included. Three methods, since a vector that comes out of a condition is
    // boxed.

    static void add(int rows, long y, int step, long bias, int biasStep) {
        for (int row = 0; row < rows; row++) {
            long at = (y + (long) row * step) & USER;
            float shift = ALL.get(UNCHECKED, (bias + (long) row * biasStep) & USER);
            for (int lane = 0; lane < 16; lane += COUNT) {
                fromMemorySegment(F, ALL, at + 4L * lane, LITTLE_ENDIAN)
                        .add(shift)
                        .intoMemorySegment(ALL, at + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }

    static void addRelu(int rows, long y, int step, long bias, int biasStep) {
        for (int row = 0; row < rows; row++) {
            long at = (y + (long) row * step) & USER;
            float shift = ALL.get(UNCHECKED, (bias + (long) row * biasStep) & USER);
            for (int lane = 0; lane < 16; lane += COUNT) {
                fromMemorySegment(F, ALL, at + 4L * lane, LITTLE_ENDIAN)
                        .add(shift)
                        .max(0f)
                        .intoMemorySegment(ALL, at + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }

    /** Also notes which of the sixteen are above 0, in 16 bits every {@code maskStep} bytes. */
    static void addReluMask(int rows, long y, int step, long bias, int biasStep, long mask, int maskStep) {
        for (int row = 0; row < rows; row++) {
            long at = (y + (long) row * step) & USER;
            float shift = ALL.get(UNCHECKED, (bias + (long) row * biasStep) & USER);
            int passed = 0;
            for (int lane = 0; lane < 16; lane += COUNT) {
                FloatVector v =
                        fromMemorySegment(F, ALL, at + 4L * lane, LITTLE_ENDIAN).add(shift);
                passed |= (int) v.compare(VectorOperators.GT, 0f).toLong() << lane;
                v.max(0f).intoMemorySegment(ALL, at + 4L * lane, LITTLE_ENDIAN);
            }
            ALL.set(BITS, (mask + (long) row * maskStep) & USER, (short) passed);
        }
    }
}
