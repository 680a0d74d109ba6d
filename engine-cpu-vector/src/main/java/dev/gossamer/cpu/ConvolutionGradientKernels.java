package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import jdk.incubator.vector.FloatVector;

/**
 * Kernels of {@link ConvolutionWeightGradient}. Each works on one vector of the 16 lanes and steps by {@link #PARTIAL} bytes,
 * so that narrower vectors call it for one part of the lanes after the other.
 */
final class ConvolutionGradientKernels {

    /** Bytes of one partial sum of 16 lanes. */
    static final int PARTIAL = 64;

    private ConvolutionGradientKernels() {}

    /**
     * Stretches of adjacent numbers that an output channel's gradient and a shifted input have in common: one per output row,
     * or one per output position where the convolution has a stride.
     */
    static final class Runs {

        final long[] gradient;
        final long[] input;
        /** Length of each. */
        final int bytes;

        Runs(long[] gradient, long[] input, int bytes) {
            this.gradient = gradient;
            this.input = input;
            this.bytes = bytes;
        }
    }

    /** 4 output channels by 4 weights over all runs {@code from .. to - 1}; partial sums are continued. */
    static void block4x4(
            Runs runs,
            int from,
            int to,
            long g,
            int gStep,
            long x,
            int[] offsets,
            int tap,
            int step,
            long partials,
            int rowStep) {
        long[] gAt = runs.gradient;
        long[] xAt = runs.input;
        int bytes = runs.bytes;
        long p0 = (partials + 0L * rowStep) & USER;
        long p1 = (partials + 1L * rowStep) & USER;
        long p2 = (partials + 2L * rowStep) & USER;
        long p3 = (partials + 3L * rowStep) & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, p0 + 0L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, p0 + 1L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s02 = fromMemorySegment(F, ALL, p0 + 2L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s03 = fromMemorySegment(F, ALL, p0 + 3L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s10 = fromMemorySegment(F, ALL, p1 + 0L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, p1 + 1L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s12 = fromMemorySegment(F, ALL, p1 + 2L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s13 = fromMemorySegment(F, ALL, p1 + 3L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s20 = fromMemorySegment(F, ALL, p2 + 0L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, p2 + 1L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s22 = fromMemorySegment(F, ALL, p2 + 2L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s23 = fromMemorySegment(F, ALL, p2 + 3L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s30 = fromMemorySegment(F, ALL, p3 + 0L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s31 = fromMemorySegment(F, ALL, p3 + 1L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s32 = fromMemorySegment(F, ALL, p3 + 2L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s33 = fromMemorySegment(F, ALL, p3 + 3L * PARTIAL, LITTLE_ENDIAN);
        long x0 = x + (long) offsets[tap + 0] * step;
        long x1 = x + (long) offsets[tap + 1] * step;
        long x2 = x + (long) offsets[tap + 2] * step;
        long x3 = x + (long) offsets[tap + 3] * step;
        for (int run = from; run < to; run++) {
            long in = gAt[run] + g;
            long shift = xAt[run];
            for (int i = 0; i < bytes; i += PARTIAL) {
                FloatVector v0 = fromMemorySegment(F, ALL, (x0 + shift + i) & USER, LITTLE_ENDIAN);
                FloatVector v1 = fromMemorySegment(F, ALL, (x1 + shift + i) & USER, LITTLE_ENDIAN);
                FloatVector v2 = fromMemorySegment(F, ALL, (x2 + shift + i) & USER, LITTLE_ENDIAN);
                FloatVector v3 = fromMemorySegment(F, ALL, (x3 + shift + i) & USER, LITTLE_ENDIAN);
                FloatVector g0 = fromMemorySegment(F, ALL, (in + i) & USER, LITTLE_ENDIAN);
                s00 = g0.fma(v0, s00);
                s01 = g0.fma(v1, s01);
                s02 = g0.fma(v2, s02);
                s03 = g0.fma(v3, s03);
                FloatVector g1 = fromMemorySegment(F, ALL, (in + 1L * gStep + i) & USER, LITTLE_ENDIAN);
                s10 = g1.fma(v0, s10);
                s11 = g1.fma(v1, s11);
                s12 = g1.fma(v2, s12);
                s13 = g1.fma(v3, s13);
                FloatVector g2 = fromMemorySegment(F, ALL, (in + 2L * gStep + i) & USER, LITTLE_ENDIAN);
                s20 = g2.fma(v0, s20);
                s21 = g2.fma(v1, s21);
                s22 = g2.fma(v2, s22);
                s23 = g2.fma(v3, s23);
                FloatVector g3 = fromMemorySegment(F, ALL, (in + 3L * gStep + i) & USER, LITTLE_ENDIAN);
                s30 = g3.fma(v0, s30);
                s31 = g3.fma(v1, s31);
                s32 = g3.fma(v2, s32);
                s33 = g3.fma(v3, s33);
            }
        }
        s00.intoMemorySegment(ALL, p0 + 0L * PARTIAL, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, p0 + 1L * PARTIAL, LITTLE_ENDIAN);
        s02.intoMemorySegment(ALL, p0 + 2L * PARTIAL, LITTLE_ENDIAN);
        s03.intoMemorySegment(ALL, p0 + 3L * PARTIAL, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, p1 + 0L * PARTIAL, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, p1 + 1L * PARTIAL, LITTLE_ENDIAN);
        s12.intoMemorySegment(ALL, p1 + 2L * PARTIAL, LITTLE_ENDIAN);
        s13.intoMemorySegment(ALL, p1 + 3L * PARTIAL, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, p2 + 0L * PARTIAL, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, p2 + 1L * PARTIAL, LITTLE_ENDIAN);
        s22.intoMemorySegment(ALL, p2 + 2L * PARTIAL, LITTLE_ENDIAN);
        s23.intoMemorySegment(ALL, p2 + 3L * PARTIAL, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, p3 + 0L * PARTIAL, LITTLE_ENDIAN);
        s31.intoMemorySegment(ALL, p3 + 1L * PARTIAL, LITTLE_ENDIAN);
        s32.intoMemorySegment(ALL, p3 + 2L * PARTIAL, LITTLE_ENDIAN);
        s33.intoMemorySegment(ALL, p3 + 3L * PARTIAL, LITTLE_ENDIAN);
    }

    /** 2 output channels by 4 weights over all runs {@code from .. to - 1}; partial sums are continued. */
    static void block2x4(
            Runs runs,
            int from,
            int to,
            long g,
            int gStep,
            long x,
            int[] offsets,
            int tap,
            int step,
            long partials,
            int rowStep) {
        long[] gAt = runs.gradient;
        long[] xAt = runs.input;
        int bytes = runs.bytes;
        long p0 = (partials + 0L * rowStep) & USER;
        long p1 = (partials + 1L * rowStep) & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, p0 + 0L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, p0 + 1L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s02 = fromMemorySegment(F, ALL, p0 + 2L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s03 = fromMemorySegment(F, ALL, p0 + 3L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s10 = fromMemorySegment(F, ALL, p1 + 0L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, p1 + 1L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s12 = fromMemorySegment(F, ALL, p1 + 2L * PARTIAL, LITTLE_ENDIAN);
        FloatVector s13 = fromMemorySegment(F, ALL, p1 + 3L * PARTIAL, LITTLE_ENDIAN);
        long x0 = x + (long) offsets[tap + 0] * step;
        long x1 = x + (long) offsets[tap + 1] * step;
        long x2 = x + (long) offsets[tap + 2] * step;
        long x3 = x + (long) offsets[tap + 3] * step;
        for (int run = from; run < to; run++) {
            long in = gAt[run] + g;
            long shift = xAt[run];
            for (int i = 0; i < bytes; i += PARTIAL) {
                FloatVector v0 = fromMemorySegment(F, ALL, (x0 + shift + i) & USER, LITTLE_ENDIAN);
                FloatVector v1 = fromMemorySegment(F, ALL, (x1 + shift + i) & USER, LITTLE_ENDIAN);
                FloatVector v2 = fromMemorySegment(F, ALL, (x2 + shift + i) & USER, LITTLE_ENDIAN);
                FloatVector v3 = fromMemorySegment(F, ALL, (x3 + shift + i) & USER, LITTLE_ENDIAN);
                FloatVector g0 = fromMemorySegment(F, ALL, (in + i) & USER, LITTLE_ENDIAN);
                s00 = g0.fma(v0, s00);
                s01 = g0.fma(v1, s01);
                s02 = g0.fma(v2, s02);
                s03 = g0.fma(v3, s03);
                FloatVector g1 = fromMemorySegment(F, ALL, (in + 1L * gStep + i) & USER, LITTLE_ENDIAN);
                s10 = g1.fma(v0, s10);
                s11 = g1.fma(v1, s11);
                s12 = g1.fma(v2, s12);
                s13 = g1.fma(v3, s13);
            }
        }
        s00.intoMemorySegment(ALL, p0 + 0L * PARTIAL, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, p0 + 1L * PARTIAL, LITTLE_ENDIAN);
        s02.intoMemorySegment(ALL, p0 + 2L * PARTIAL, LITTLE_ENDIAN);
        s03.intoMemorySegment(ALL, p0 + 3L * PARTIAL, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, p1 + 0L * PARTIAL, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, p1 + 1L * PARTIAL, LITTLE_ENDIAN);
        s12.intoMemorySegment(ALL, p1 + 2L * PARTIAL, LITTLE_ENDIAN);
        s13.intoMemorySegment(ALL, p1 + 3L * PARTIAL, LITTLE_ENDIAN);
    }

    /**
     * Output channels {@code from .. to - 1} over a tile of 8, 4, 2 or 1 times sixteen numbers, a channel's gradient in
     * registers: a load for every multiply-add.
     */
    static void add(
            int sixteens,
            int[] rowPtr,
            int[] colIdx,
            int from,
            int to,
            long g,
            int gStep,
            long x,
            int step,
            long partials) {
        switch (sixteens) {
            case 8 -> add8(rowPtr, colIdx, from, to, g, gStep, x, step, partials);
            case 4 -> add4(rowPtr, colIdx, from, to, g, gStep, x, step, partials);
            case 2 -> add2(rowPtr, colIdx, from, to, g, gStep, x, step, partials);
            default -> add1(rowPtr, colIdx, from, to, g, gStep, x, step, partials);
        }
    }

    private static void add8(
            int[] rowPtr, int[] colIdx, int from, int to, long g, int gStep, long x, int step, long partials) {
        long input = x & USER;
        long stride = step & INDEX;
        long output = partials & USER;
        for (int row = from; row < to; row++) {
            long at = (g + (long) row * gStep) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            FloatVector g2 = fromMemorySegment(F, ALL, at + 128, LITTLE_ENDIAN);
            FloatVector g3 = fromMemorySegment(F, ALL, at + 192, LITTLE_ENDIAN);
            FloatVector g4 = fromMemorySegment(F, ALL, at + 256, LITTLE_ENDIAN);
            FloatVector g5 = fromMemorySegment(F, ALL, at + 320, LITTLE_ENDIAN);
            FloatVector g6 = fromMemorySegment(F, ALL, at + 384, LITTLE_ENDIAN);
            FloatVector g7 = fromMemorySegment(F, ALL, at + 448, LITTLE_ENDIAN);
            int end = rowPtr[row + 1];
            for (int p = rowPtr[row]; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * stride;
                FloatVector sum = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = g2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = g3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                sum = g4.fma(fromMemorySegment(F, ALL, in + 256, LITTLE_ENDIAN), sum);
                sum = g5.fma(fromMemorySegment(F, ALL, in + 320, LITTLE_ENDIAN), sum);
                sum = g6.fma(fromMemorySegment(F, ALL, in + 384, LITTLE_ENDIAN), sum);
                sum = g7.fma(fromMemorySegment(F, ALL, in + 448, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    private static void add4(
            int[] rowPtr, int[] colIdx, int from, int to, long g, int gStep, long x, int step, long partials) {
        long input = x & USER;
        long stride = step & INDEX;
        long output = partials & USER;
        for (int row = from; row < to; row++) {
            long at = (g + (long) row * gStep) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            FloatVector g2 = fromMemorySegment(F, ALL, at + 128, LITTLE_ENDIAN);
            FloatVector g3 = fromMemorySegment(F, ALL, at + 192, LITTLE_ENDIAN);
            int end = rowPtr[row + 1];
            for (int p = rowPtr[row]; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * stride;
                FloatVector sum = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = g2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = g3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    private static void add2(
            int[] rowPtr, int[] colIdx, int from, int to, long g, int gStep, long x, int step, long partials) {
        long input = x & USER;
        long stride = step & INDEX;
        long output = partials & USER;
        for (int row = from; row < to; row++) {
            long at = (g + (long) row * gStep) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            int end = rowPtr[row + 1];
            for (int p = rowPtr[row]; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * stride;
                FloatVector sum = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    private static void add1(
            int[] rowPtr, int[] colIdx, int from, int to, long g, int gStep, long x, int step, long partials) {
        long input = x & USER;
        long stride = step & INDEX;
        long output = partials & USER;
        for (int row = from; row < to; row++) {
            long at = (g + (long) row * gStep) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            int end = rowPtr[row + 1];
            for (int p = rowPtr[row]; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * stride;
                FloatVector sum = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
                g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum).intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }
}
