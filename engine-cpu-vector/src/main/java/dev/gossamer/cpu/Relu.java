package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** ReLU on its own, and its gradient through the saved bits. Walks 16 columns at a time, which every batch block holds. */
final class Relu {

    private Relu() {}

    static void forward(CpuTensor x, CpuTensor y, CpuMask mask) {
        for (int column = 0; column < x.batch; column += 16) {
            long from = x.base(column);
            long to = y.base(column);
            for (int row = 0; row < x.features; row++) {
                int passed = 0;
                for (int lane = 0; lane < 16; lane += COUNT) {
                    FloatVector v = fromMemorySegment(F, x.data, from + 4L * lane, LITTLE_ENDIAN);
                    passed |= (int) v.compare(VectorOperators.GT, 0f).toLong() << lane;
                    v.max(FloatVector.zero(F)).intoMemorySegment(y.data, to + 4L * lane, LITTLE_ENDIAN);
                }
                mask.set16(row, column, passed);
                from += x.rowStride();
                to += y.rowStride();
            }
        }
        y.clearTail();
    }

    /** gx may be gy. */
    static void gradient(CpuMask mask, CpuTensor gy, CpuTensor gx) {
        for (int column = 0; column < gy.batch; column += 16) {
            long from = gy.base(column);
            long to = gx.base(column);
            for (int row = 0; row < gy.features; row++) {
                select(mask.get16(row, column), gy.data, from, gx.data, to);
                from += gy.rowStride();
                to += gx.rowStride();
            }
        }
        gx.clearTail();
    }

    private static void select(int passed, MemorySegment gy, long from, MemorySegment gx, long to) {
        for (int lane = 0; lane < 16; lane += COUNT) {
            VectorMask<Float> drop = VectorMask.fromLong(F, ~(passed >>> lane));
            fromMemorySegment(F, gy, from + 4L * lane, LITTLE_ENDIAN)
                    .blend(0f, drop)
                    .intoMemorySegment(gx, to + 4L * lane, LITTLE_ENDIAN);
        }
    }
}
