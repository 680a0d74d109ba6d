package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.cpu.GemmKernels.Operands;
import jdk.incubator.vector.FloatVector;

/**
 * Register blocks of a dense convolution: output channels by the one or two vectors of a tile of the output. A panel's input is
 * packed on the way. Where it has all taps the other rows are {@link GemmKernels}', else kernels of the same kind that look up
 * which weights meet the panel ({@link DenseTaps}); looking it up costs some of their speed (docs/performance.md). Every output is one FMA
 * chain that goes on from what the output holds, so that panels change no bit.
 */
final class DenseConvolutionKernels {

    private DenseConvolutionKernels() {}

    /** Where a tile reads its input, and which weights meet it. Addresses have been checked; mutable and kept, as operands are. */
    static final class Tile {

        /** For each number of a panel its position, see {@link DenseTaps.Panel}. */
        int[] positions = new int[0];

        /** For each number of a panel its weight, likewise; not read if the panel has all taps. */
        char[] offsets = new char[0];

        boolean whole;

        /** Bytes from position to position. */
        int step;

        /** Where the tile's vectors have position 0. */
        long first;

        long second;

        private long panel;

        /** The first panel of a tile by the byte offsets of position 0 of its vectors. */
        void of(DenseTaps.Panel panels, CpuTensor in, long one, long two, DenseTaps taps) {
            positions = panels.positions();
            offsets = panels.offsets();
            whole = panels.taps() == taps.taps;
            step = Math.toIntExact(in.rowStride());
            long reach = ((taps.channels - 1L) * taps.plane + panels.last()) * step + BYTES;
            first = Raw.address(in.data, one, reach);
            second = Raw.address(in.data, two, reach);
            panel = (long) panels.channels() * taps.plane * step;
        }

        /** Goes on to the next panel. */
        void advance() {
            first += panel;
            second += panel;
        }
    }

    /**
     * {@code rows} output channels of a tile, {@code depth} numbers of a panel each, from the operands' A to their C.
     *
     * @param vectors 1 or 2; 2 if the panel has not all taps
     * @param aBase where the first row has the panel's first input channel
     * @param bBase where the panel is to be
     * @param beta of what C holds, 0 or 1
     */
    static void block(
            int rows, int vectors, Operands io, Tile tile, long aBase, long bBase, long cBase, int depth, float beta) {
        long panel = Raw.address(io.b, bBase, 2L * BYTES * depth);
        boolean four = vectors == 2 && rows >= 4;
        if (!four) {
            pack(io, tile, panel, depth);
        }
        int done = four ? 4 : 0;
        if (tile.whole) {
            if (four) {
                long a = Raw.address(io.a, aBase, 3 * io.aRow + 4L * depth);
                long c = Raw.address(io.c, cBase, 3 * io.cRow + 2L * BYTES);
                GemmKernels.scale(0, 4, 2, io, c, beta);
                pack4x2(io, tile, a, panel, c, depth);
            }
            GemmKernels.block(
                    rows - done, vectors, io, aBase + done * io.aRow, bBase, cBase + done * io.cRow, depth, beta);
            return;
        }
        int last = tile.offsets[depth - 1];
        long a = Raw.address(io.a, aBase, (rows - 1) * io.aRow + 4L * last + Float.BYTES);
        long c = Raw.address(io.c, cBase, (rows - 1) * io.cRow + 2L * BYTES);
        GemmKernels.scale(0, rows, 2, io, c, beta);
        if (four) {
            pickAndPack4x2(io, tile, a, panel, c, depth);
        }
        picked(rows - done, io, tile, a + done * io.aRow, panel, c + done * io.cRow, depth);
    }

    /** As {@link GemmKernels} divides rows. */
    private static void picked(int rows, Operands io, Tile tile, long a, long panel, long c, int depth) {
        int large = GemmKernels.large(rows);
        int row = 0;
        for (; row < large; row += 5) {
            picked5x2(io, tile, a + row * io.aRow, panel, c + row * io.cRow, depth);
        }
        for (; row + 4 <= rows; row += 4) {
            picked4x2(io, tile, a + row * io.aRow, panel, c + row * io.cRow, depth);
        }
        for (; row < rows; row++) {
            picked1x2(io, tile, a + row * io.aRow, panel, c + row * io.cRow, depth);
        }
    }

    private static void pack(Operands io, Tile tile, long bBase, int depth) {
        int[] positions = tile.positions;
        long step = tile.step & INDEX;
        long one = tile.first & USER;
        long two = tile.second & USER;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long panel = bBase & USER;
        for (int k = 0; k < depth; k++) {
            long at = panel + k * bStep;
            long from = (positions[k] & INDEX) * step;
            fromMemorySegment(F, ALL, one + from, LITTLE_ENDIAN).intoMemorySegment(ALL, at, LITTLE_ENDIAN);
            fromMemorySegment(F, ALL, two + from, LITTLE_ENDIAN).intoMemorySegment(ALL, at + BYTES, LITTLE_ENDIAN);
        }
    }

    private static void pack4x2(Operands io, Tile tile, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long aStep = Math.toIntExact(io.aDepth) & INDEX;
        int[] positions = tile.positions;
        long step = tile.step & INDEX;
        long one = tile.first & USER;
        long two = tile.second & USER;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long panel = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, c1 + BYTES, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, c2 + BYTES, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        FloatVector s31 = fromMemorySegment(F, ALL, c3 + BYTES, LITTLE_ENDIAN);
        for (int k = 0; k < depth; k++) {
            long at = panel + k * bStep;
            long to = k * aStep;
            long from = (positions[k] & INDEX) * step;
            FloatVector b0 = fromMemorySegment(F, ALL, one + from, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, two + from, LITTLE_ENDIAN);
            b0.intoMemorySegment(ALL, at, LITTLE_ENDIAN);
            b1.intoMemorySegment(ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, c1 + BYTES, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, c2 + BYTES, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s31.intoMemorySegment(ALL, c3 + BYTES, LITTLE_ENDIAN);
    }

    private static void pickAndPack4x2(Operands io, Tile tile, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        char[] offsets = tile.offsets;
        int[] positions = tile.positions;
        long step = tile.step & INDEX;
        long one = tile.first & USER;
        long two = tile.second & USER;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long panel = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, c1 + BYTES, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, c2 + BYTES, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        FloatVector s31 = fromMemorySegment(F, ALL, c3 + BYTES, LITTLE_ENDIAN);
        for (int k = 0; k < depth; k++) {
            long at = panel + k * bStep;
            long to = 4L * offsets[k];
            long from = (positions[k] & INDEX) * step;
            FloatVector b0 = fromMemorySegment(F, ALL, one + from, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, two + from, LITTLE_ENDIAN);
            b0.intoMemorySegment(ALL, at, LITTLE_ENDIAN);
            b1.intoMemorySegment(ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, c1 + BYTES, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, c2 + BYTES, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s31.intoMemorySegment(ALL, c3 + BYTES, LITTLE_ENDIAN);
    }

    private static void picked5x2(Operands io, Tile tile, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        char[] offsets = tile.offsets;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long panel = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long r4 = (aBase + 4 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, c1 + BYTES, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, c2 + BYTES, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        FloatVector s31 = fromMemorySegment(F, ALL, c3 + BYTES, LITTLE_ENDIAN);
        long c4 = (cBase + 4 * io.cRow) & USER;
        FloatVector s40 = fromMemorySegment(F, ALL, c4, LITTLE_ENDIAN);
        FloatVector s41 = fromMemorySegment(F, ALL, c4 + BYTES, LITTLE_ENDIAN);
        for (int k = 0; k < depth; k++) {
            long at = panel + k * bStep;
            long to = 4L * offsets[k];
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r4 + to));
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, c1 + BYTES, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, c2 + BYTES, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s31.intoMemorySegment(ALL, c3 + BYTES, LITTLE_ENDIAN);
        s40.intoMemorySegment(ALL, c4, LITTLE_ENDIAN);
        s41.intoMemorySegment(ALL, c4 + BYTES, LITTLE_ENDIAN);
    }

    private static void picked4x2(Operands io, Tile tile, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        char[] offsets = tile.offsets;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long panel = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, c1 + BYTES, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, c2 + BYTES, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        FloatVector s31 = fromMemorySegment(F, ALL, c3 + BYTES, LITTLE_ENDIAN);
        for (int k = 0; k < depth; k++) {
            long at = panel + k * bStep;
            long to = 4L * offsets[k];
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, c1 + BYTES, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, c2 + BYTES, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s31.intoMemorySegment(ALL, c3 + BYTES, LITTLE_ENDIAN);
    }

    private static void picked1x2(Operands io, Tile tile, long aBase, long bBase, long cBase, int depth) {
        char[] offsets = tile.offsets;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long panel = bBase & USER;
        long r0 = aBase & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        for (int k = 0; k < depth; k++) {
            long at = panel + k * bStep;
            long to = 4L * offsets[k];
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
    }
}
