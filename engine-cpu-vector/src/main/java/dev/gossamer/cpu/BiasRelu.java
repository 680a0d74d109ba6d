package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The epilogue of a product: bias, ReLU and its mask in one pass over an output that is still in cache. */
final class BiasRelu {

    private BiasRelu() {}

    static void apply(Epilogue epilogue, CpuTensor y) {
        MemorySegment bias = epilogue.bias() == null ? null : ((CpuValues) epilogue.bias()).data;
        boolean relu = epilogue.activation() == Activation.RELU;
        if (bias == null && !relu) {
            return;
        }
        CpuMask mask = (CpuMask) epilogue.mask();
        for (int column = 0; column < y.batch; column += 16) {
            long at = y.base(column);
            for (int row = 0; row < y.features; row++) {
                float shift = bias == null ? 0f : bias.getAtIndex(ValueLayout.JAVA_FLOAT, row);
                if (!relu) {
                    add(y.data, at, shift);
                } else if (mask == null) {
                    addRelu(y.data, at, shift);
                } else {
                    mask.set16(row, column, addReluMask(y.data, at, shift));
                }
                at += y.rowStride();
            }
        }
        y.clearTail();
    }

    // Sixteen columns of one row each, padding included. Three methods, since a vector that comes out of a condition is
    // boxed.

    private static void add(MemorySegment y, long at, float bias) {
        for (long lane = at; lane < at + 64; lane += BYTES) {
            fromMemorySegment(F, y, lane, LITTLE_ENDIAN).add(bias).intoMemorySegment(y, lane, LITTLE_ENDIAN);
        }
    }

    private static void addRelu(MemorySegment y, long at, float bias) {
        for (long lane = at; lane < at + 64; lane += BYTES) {
            fromMemorySegment(F, y, lane, LITTLE_ENDIAN).add(bias).max(0f).intoMemorySegment(y, lane, LITTLE_ENDIAN);
        }
    }

    /** Also returns which of the sixteen are above 0. */
    private static int addReluMask(MemorySegment y, long at, float bias) {
        int passed = 0;
        for (int lane = 0; lane < 16; lane += COUNT) {
            FloatVector v =
                    fromMemorySegment(F, y, at + 4L * lane, LITTLE_ENDIAN).add(bias);
            passed |= (int) v.compare(VectorOperators.GT, 0f).toLong() << lane;
            v.max(0f).intoMemorySegment(y, at + 4L * lane, LITTLE_ENDIAN);
        }
        return passed;
    }
}
