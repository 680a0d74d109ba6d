package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.BITS;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** ReLU on its own, and its gradient through the saved bits. Walks 16 columns at a time, which every batch block holds. */
final class Relu {

    private Relu() {}

    static void forward(CpuTensor x, CpuTensor y, CpuMask mask) {
        for (int column = 0; column < x.batch; column += 16) {
            long from = Raw.address(x.data, x.base(column), (x.positions - 1) * x.rowStride() + 64);
            long to = Raw.address(y.data, y.base(column), (y.positions - 1) * y.rowStride() + 64);
            int fromStep = Math.toIntExact(x.rowStride());
            int toStep = Math.toIntExact(y.rowStride());
            forward(x.positions, from, fromStep, to, toStep, mask.address16(column), CpuMask.STEP);
        }
        y.clearTail();
    }

    private static void forward(int rows, long x, int xStep, long y, int yStep, long mask, int maskStep) {
        for (int row = 0; row < rows; row++) {
            long from = (x + (long) row * xStep) & USER;
            long to = (y + (long) row * yStep) & USER;
            int passed = 0;
            for (int lane = 0; lane < 16; lane += COUNT) {
                FloatVector v = fromMemorySegment(F, ALL, from + 4L * lane, LITTLE_ENDIAN);
                passed |= (int) v.compare(VectorOperators.GT, 0f).toLong() << lane;
                v.max(0f).intoMemorySegment(ALL, to + 4L * lane, LITTLE_ENDIAN);
            }
            ALL.set(BITS, (mask + (long) row * maskStep) & USER, (short) passed);
        }
    }

    /** gx may be gy. */
    static void gradient(CpuMask mask, CpuTensor gy, CpuTensor gx) {
        int fromStep = Math.toIntExact(gy.rowStride());
        int toStep = Math.toIntExact(gx.rowStride());
        for (int column = 0; column < gy.batch; column += 16) {
            long from = Raw.address(gy.data, gy.base(column), (gy.positions - 1) * gy.rowStride() + 64);
            long to = Raw.address(gx.data, gx.base(column), (gx.positions - 1) * gx.rowStride() + 64);
            select(gy.positions, mask.address16(column), CpuMask.STEP, from, fromStep, to, toStep);
        }
        gx.clearTail();
    }

    /** Sixteen columns of every row; 16 bits of the mask every {@code maskStep} bytes. */
    static void select(int rows, long mask, int maskStep, long gy, int gyStep, long gx, int gxStep) {
        for (int row = 0; row < rows; row++) {
            int dropped = ~ALL.get(BITS, (mask + (long) row * maskStep) & USER);
            long from = (gy + (long) row * gyStep) & USER;
            long to = (gx + (long) row * gxStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                VectorMask<Float> drop = VectorMask.fromLong(F, dropped >>> lane);
                fromMemorySegment(F, ALL, from + 4L * lane, LITTLE_ENDIAN)
                        .blend(0f, drop)
                        .intoMemorySegment(ALL, to + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }
}
