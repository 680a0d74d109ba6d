package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Kernels of a sparse convolution over tiles of 8, 4, 2 or 1 vectors: as those of {@link SpmmKernels}, but over the entries of a
 * row that {@link TapClasses} left, and from one part of them to the next. A row may have several tiles, one
 * after the other: where rows are short, that makes the end of a row one that the processor foresees, and what is written
 * lies in order.
 */
final class SparseConvolutionKernels {

    /**
     * And-ed to an entry: the bytes to its value. They are an int, so that C2 makes them part of a load's address, and the mask
     * is not one of the lowest bits alone, for which C2 takes two instructions.
     */
    private static final long VALUE = 0x7FFFFFFCL;

    /** And-ed to the entries of a row: four times their number is an int then, too. No row of whole classes has more. */
    static final int LENGTH = 0xFFFFFFF;

    /** And-ed to the bytes from position to position: times 32 bits they are a long. */
    private static final int STEP = 0x3FFFFFFF;

    private SparseConvolutionKernels() {}

    /** Where the operands lie, as addresses that have been checked, and how far rows are apart in bytes. */
    static final class Operands {

        /** Values, and for each output channel the first of them. */
        long values;

        int[] rowPtr = new int[0];

        /** Entries, and for each output channel its first and behind its last, see {@link TapClasses.Entries}. */
        long entries;

        /** Of a class that has all entries, their columns; see {@link TapClasses.Entries}. */
        long columns;

        int[] bounds = new int[0];
        int starts;
        int ends;

        /** As bounds, of all entries of the structure. */
        int[] whole = new int[0];

        int wholeStarts;
        int wholeEnds;

        long input;
        int step;

        /** From tile to tile, of the input and of what is held and put out. */
        int inputTile;

        int outputTile;

        /** What chains go on from; not read by those that start at zero. */
        long held;

        int heldStride;
        long output;
        int outputStride;
    }

    /** Output channels {@code from .. to - 1}, {@code tiles} tiles one after the other. */
    static void fresh(int vectors, int tiles, Operands io, int from, int to) {
        switch (vectors) {
            case 8 -> fresh8(tiles, io, from, to);
            case 4 -> fresh4(tiles, io, from, to);
            case 2 -> fresh2(tiles, io, from, to);
            default -> fresh1(tiles, io, from, to);
        }
    }

    /** Likewise, going on from what is held there. */
    static void more(int vectors, int tiles, Operands io, int from, int to) {
        switch (vectors) {
            case 8 -> more8(tiles, io, from, to);
            case 4 -> more4(tiles, io, from, to);
            case 2 -> more2(tiles, io, from, to);
            default -> more1(tiles, io, from, to);
        }
    }

    private static void fresh8(int tiles, Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long inputTile = io.inputTile;
        long outputTile = io.outputTile;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long weights = (io.values + 4L * rowPtr[row]) & USER;
            long entries = (io.entries + 8L * first) & USER;
            long input = io.input;
            long output = io.output + (long) row * io.outputStride;
            for (int tile = 0; tile < tiles; tile++) {
                long base = input & USER;
                long to0 = output & USER;
                FloatVector a0 = FloatVector.zero(F);
                FloatVector a1 = FloatVector.zero(F);
                FloatVector a2 = FloatVector.zero(F);
                FloatVector a3 = FloatVector.zero(F);
                FloatVector a4 = FloatVector.zero(F);
                FloatVector a5 = FloatVector.zero(F);
                FloatVector a6 = FloatVector.zero(F);
                FloatVector a7 = FloatVector.zero(F);
                for (int q = 0; q < length; q++) {
                    long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                    long in = base + (entry >>> 32) * step;
                    FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + (entry & VALUE)));
                    a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                    a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                    a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                    a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
                    a4 = w.fma(fromMemorySegment(F, ALL, in + 4L * BYTES, LITTLE_ENDIAN), a4);
                    a5 = w.fma(fromMemorySegment(F, ALL, in + 5L * BYTES, LITTLE_ENDIAN), a5);
                    a6 = w.fma(fromMemorySegment(F, ALL, in + 6L * BYTES, LITTLE_ENDIAN), a6);
                    a7 = w.fma(fromMemorySegment(F, ALL, in + 7L * BYTES, LITTLE_ENDIAN), a7);
                }
                a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
                a1.intoMemorySegment(ALL, to0 + 1L * BYTES, LITTLE_ENDIAN);
                a2.intoMemorySegment(ALL, to0 + 2L * BYTES, LITTLE_ENDIAN);
                a3.intoMemorySegment(ALL, to0 + 3L * BYTES, LITTLE_ENDIAN);
                a4.intoMemorySegment(ALL, to0 + 4L * BYTES, LITTLE_ENDIAN);
                a5.intoMemorySegment(ALL, to0 + 5L * BYTES, LITTLE_ENDIAN);
                a6.intoMemorySegment(ALL, to0 + 6L * BYTES, LITTLE_ENDIAN);
                a7.intoMemorySegment(ALL, to0 + 7L * BYTES, LITTLE_ENDIAN);
                input += inputTile;
                output += outputTile;
            }
        }
    }

    private static void fresh4(int tiles, Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long inputTile = io.inputTile;
        long outputTile = io.outputTile;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long weights = (io.values + 4L * rowPtr[row]) & USER;
            long entries = (io.entries + 8L * first) & USER;
            long input = io.input;
            long output = io.output + (long) row * io.outputStride;
            for (int tile = 0; tile < tiles; tile++) {
                long base = input & USER;
                long to0 = output & USER;
                FloatVector a0 = FloatVector.zero(F);
                FloatVector a1 = FloatVector.zero(F);
                FloatVector a2 = FloatVector.zero(F);
                FloatVector a3 = FloatVector.zero(F);
                for (int q = 0; q < length; q++) {
                    long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                    long in = base + (entry >>> 32) * step;
                    FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + (entry & VALUE)));
                    a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                    a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                    a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                    a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
                }
                a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
                a1.intoMemorySegment(ALL, to0 + 1L * BYTES, LITTLE_ENDIAN);
                a2.intoMemorySegment(ALL, to0 + 2L * BYTES, LITTLE_ENDIAN);
                a3.intoMemorySegment(ALL, to0 + 3L * BYTES, LITTLE_ENDIAN);
                input += inputTile;
                output += outputTile;
            }
        }
    }

    private static void fresh2(int tiles, Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long inputTile = io.inputTile;
        long outputTile = io.outputTile;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long weights = (io.values + 4L * rowPtr[row]) & USER;
            long entries = (io.entries + 8L * first) & USER;
            long input = io.input;
            long output = io.output + (long) row * io.outputStride;
            for (int tile = 0; tile < tiles; tile++) {
                long base = input & USER;
                long to0 = output & USER;
                FloatVector a0 = FloatVector.zero(F);
                FloatVector a1 = FloatVector.zero(F);
                for (int q = 0; q < length; q++) {
                    long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                    long in = base + (entry >>> 32) * step;
                    FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + (entry & VALUE)));
                    a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                    a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                }
                a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
                a1.intoMemorySegment(ALL, to0 + 1L * BYTES, LITTLE_ENDIAN);
                input += inputTile;
                output += outputTile;
            }
        }
    }

    private static void fresh1(int tiles, Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long inputTile = io.inputTile;
        long outputTile = io.outputTile;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long weights = (io.values + 4L * rowPtr[row]) & USER;
            long entries = (io.entries + 8L * first) & USER;
            long input = io.input;
            long output = io.output + (long) row * io.outputStride;
            for (int tile = 0; tile < tiles; tile++) {
                long base = input & USER;
                long to0 = output & USER;
                FloatVector a0 = FloatVector.zero(F);
                for (int q = 0; q < length; q++) {
                    long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                    long in = base + (entry >>> 32) * step;
                    FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + (entry & VALUE)));
                    a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                }
                a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
                input += inputTile;
                output += outputTile;
            }
        }
    }

    private static void more8(int tiles, Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long inputTile = io.inputTile;
        long outputTile = io.outputTile;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long weights = (io.values + 4L * rowPtr[row]) & USER;
            long entries = (io.entries + 8L * first) & USER;
            long input = io.input;
            long held = io.held + (long) row * io.heldStride;
            long output = io.output + (long) row * io.outputStride;
            for (int tile = 0; tile < tiles; tile++) {
                long base = input & USER;
                long to0 = output & USER;
                long from0 = held & USER;
                FloatVector a0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
                FloatVector a1 = fromMemorySegment(F, ALL, from0 + 1L * BYTES, LITTLE_ENDIAN);
                FloatVector a2 = fromMemorySegment(F, ALL, from0 + 2L * BYTES, LITTLE_ENDIAN);
                FloatVector a3 = fromMemorySegment(F, ALL, from0 + 3L * BYTES, LITTLE_ENDIAN);
                FloatVector a4 = fromMemorySegment(F, ALL, from0 + 4L * BYTES, LITTLE_ENDIAN);
                FloatVector a5 = fromMemorySegment(F, ALL, from0 + 5L * BYTES, LITTLE_ENDIAN);
                FloatVector a6 = fromMemorySegment(F, ALL, from0 + 6L * BYTES, LITTLE_ENDIAN);
                FloatVector a7 = fromMemorySegment(F, ALL, from0 + 7L * BYTES, LITTLE_ENDIAN);
                for (int q = 0; q < length; q++) {
                    long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                    long in = base + (entry >>> 32) * step;
                    FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + (entry & VALUE)));
                    a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                    a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                    a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                    a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
                    a4 = w.fma(fromMemorySegment(F, ALL, in + 4L * BYTES, LITTLE_ENDIAN), a4);
                    a5 = w.fma(fromMemorySegment(F, ALL, in + 5L * BYTES, LITTLE_ENDIAN), a5);
                    a6 = w.fma(fromMemorySegment(F, ALL, in + 6L * BYTES, LITTLE_ENDIAN), a6);
                    a7 = w.fma(fromMemorySegment(F, ALL, in + 7L * BYTES, LITTLE_ENDIAN), a7);
                }
                a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
                a1.intoMemorySegment(ALL, to0 + 1L * BYTES, LITTLE_ENDIAN);
                a2.intoMemorySegment(ALL, to0 + 2L * BYTES, LITTLE_ENDIAN);
                a3.intoMemorySegment(ALL, to0 + 3L * BYTES, LITTLE_ENDIAN);
                a4.intoMemorySegment(ALL, to0 + 4L * BYTES, LITTLE_ENDIAN);
                a5.intoMemorySegment(ALL, to0 + 5L * BYTES, LITTLE_ENDIAN);
                a6.intoMemorySegment(ALL, to0 + 6L * BYTES, LITTLE_ENDIAN);
                a7.intoMemorySegment(ALL, to0 + 7L * BYTES, LITTLE_ENDIAN);
                input += inputTile;
                held += outputTile;
                output += outputTile;
            }
        }
    }

    private static void more4(int tiles, Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long inputTile = io.inputTile;
        long outputTile = io.outputTile;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long weights = (io.values + 4L * rowPtr[row]) & USER;
            long entries = (io.entries + 8L * first) & USER;
            long input = io.input;
            long held = io.held + (long) row * io.heldStride;
            long output = io.output + (long) row * io.outputStride;
            for (int tile = 0; tile < tiles; tile++) {
                long base = input & USER;
                long to0 = output & USER;
                long from0 = held & USER;
                FloatVector a0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
                FloatVector a1 = fromMemorySegment(F, ALL, from0 + 1L * BYTES, LITTLE_ENDIAN);
                FloatVector a2 = fromMemorySegment(F, ALL, from0 + 2L * BYTES, LITTLE_ENDIAN);
                FloatVector a3 = fromMemorySegment(F, ALL, from0 + 3L * BYTES, LITTLE_ENDIAN);
                for (int q = 0; q < length; q++) {
                    long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                    long in = base + (entry >>> 32) * step;
                    FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + (entry & VALUE)));
                    a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                    a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                    a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                    a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
                }
                a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
                a1.intoMemorySegment(ALL, to0 + 1L * BYTES, LITTLE_ENDIAN);
                a2.intoMemorySegment(ALL, to0 + 2L * BYTES, LITTLE_ENDIAN);
                a3.intoMemorySegment(ALL, to0 + 3L * BYTES, LITTLE_ENDIAN);
                input += inputTile;
                held += outputTile;
                output += outputTile;
            }
        }
    }

    private static void more2(int tiles, Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long inputTile = io.inputTile;
        long outputTile = io.outputTile;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long weights = (io.values + 4L * rowPtr[row]) & USER;
            long entries = (io.entries + 8L * first) & USER;
            long input = io.input;
            long held = io.held + (long) row * io.heldStride;
            long output = io.output + (long) row * io.outputStride;
            for (int tile = 0; tile < tiles; tile++) {
                long base = input & USER;
                long to0 = output & USER;
                long from0 = held & USER;
                FloatVector a0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
                FloatVector a1 = fromMemorySegment(F, ALL, from0 + 1L * BYTES, LITTLE_ENDIAN);
                for (int q = 0; q < length; q++) {
                    long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                    long in = base + (entry >>> 32) * step;
                    FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + (entry & VALUE)));
                    a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                    a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                }
                a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
                a1.intoMemorySegment(ALL, to0 + 1L * BYTES, LITTLE_ENDIAN);
                input += inputTile;
                held += outputTile;
                output += outputTile;
            }
        }
    }

    private static void more1(int tiles, Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long inputTile = io.inputTile;
        long outputTile = io.outputTile;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long weights = (io.values + 4L * rowPtr[row]) & USER;
            long entries = (io.entries + 8L * first) & USER;
            long input = io.input;
            long held = io.held + (long) row * io.heldStride;
            long output = io.output + (long) row * io.outputStride;
            for (int tile = 0; tile < tiles; tile++) {
                long base = input & USER;
                long to0 = output & USER;
                long from0 = held & USER;
                FloatVector a0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
                for (int q = 0; q < length; q++) {
                    long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                    long in = base + (entry >>> 32) * step;
                    FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + (entry & VALUE)));
                    a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                }
                a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
                input += inputTile;
                held += outputTile;
                output += outputTile;
            }
        }
    }

    /**
     * A tile of eight vectors of a class that has all entries: columns and values are read in their order, so that an entry takes
     * eight bytes in place of twelve and fewer instructions.
     */
    static void freshWhole(Operands io, int from, int to) {
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long values = io.values;
        long columns = io.columns;
        long base = io.input & USER;
        long outputStride = io.outputStride;
        long output = io.output + from * outputStride;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = (bounds[ends + row] - first) & LENGTH;
            long weight = (values + 4L * first) & USER;
            long column = (columns + 4L * first) & USER;
            long to0 = output & USER;
            FloatVector a0 = FloatVector.zero(F);
            FloatVector a1 = FloatVector.zero(F);
            FloatVector a2 = FloatVector.zero(F);
            FloatVector a3 = FloatVector.zero(F);
            FloatVector a4 = FloatVector.zero(F);
            FloatVector a5 = FloatVector.zero(F);
            FloatVector a6 = FloatVector.zero(F);
            FloatVector a7 = FloatVector.zero(F);
            for (int q = 0; q < length; q++) {
                long in =
                        base + Integer.toUnsignedLong(ALL.get(ValueLayout.JAVA_INT_UNALIGNED, column + 4L * q)) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weight + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
                a4 = w.fma(fromMemorySegment(F, ALL, in + 4L * BYTES, LITTLE_ENDIAN), a4);
                a5 = w.fma(fromMemorySegment(F, ALL, in + 5L * BYTES, LITTLE_ENDIAN), a5);
                a6 = w.fma(fromMemorySegment(F, ALL, in + 6L * BYTES, LITTLE_ENDIAN), a6);
                a7 = w.fma(fromMemorySegment(F, ALL, in + 7L * BYTES, LITTLE_ENDIAN), a7);
            }
            a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
            a1.intoMemorySegment(ALL, to0 + 1L * BYTES, LITTLE_ENDIAN);
            a2.intoMemorySegment(ALL, to0 + 2L * BYTES, LITTLE_ENDIAN);
            a3.intoMemorySegment(ALL, to0 + 3L * BYTES, LITTLE_ENDIAN);
            a4.intoMemorySegment(ALL, to0 + 4L * BYTES, LITTLE_ENDIAN);
            a5.intoMemorySegment(ALL, to0 + 5L * BYTES, LITTLE_ENDIAN);
            a6.intoMemorySegment(ALL, to0 + 6L * BYTES, LITTLE_ENDIAN);
            a7.intoMemorySegment(ALL, to0 + 7L * BYTES, LITTLE_ENDIAN);
            output += outputStride;
        }
    }

    /** Likewise, going on from what is held there. */
    static void moreWhole(Operands io, int from, int to) {
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        long values = io.values;
        long columns = io.columns;
        long base = io.input & USER;
        long heldStride = io.heldStride;
        long held = io.held + from * heldStride;
        long outputStride = io.outputStride;
        long output = io.output + from * outputStride;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = (bounds[ends + row] - first) & LENGTH;
            long weight = (values + 4L * first) & USER;
            long column = (columns + 4L * first) & USER;
            long to0 = output & USER;
            long from0 = held & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
            FloatVector a1 = fromMemorySegment(F, ALL, from0 + 1L * BYTES, LITTLE_ENDIAN);
            FloatVector a2 = fromMemorySegment(F, ALL, from0 + 2L * BYTES, LITTLE_ENDIAN);
            FloatVector a3 = fromMemorySegment(F, ALL, from0 + 3L * BYTES, LITTLE_ENDIAN);
            FloatVector a4 = fromMemorySegment(F, ALL, from0 + 4L * BYTES, LITTLE_ENDIAN);
            FloatVector a5 = fromMemorySegment(F, ALL, from0 + 5L * BYTES, LITTLE_ENDIAN);
            FloatVector a6 = fromMemorySegment(F, ALL, from0 + 6L * BYTES, LITTLE_ENDIAN);
            FloatVector a7 = fromMemorySegment(F, ALL, from0 + 7L * BYTES, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long in =
                        base + Integer.toUnsignedLong(ALL.get(ValueLayout.JAVA_INT_UNALIGNED, column + 4L * q)) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weight + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
                a4 = w.fma(fromMemorySegment(F, ALL, in + 4L * BYTES, LITTLE_ENDIAN), a4);
                a5 = w.fma(fromMemorySegment(F, ALL, in + 5L * BYTES, LITTLE_ENDIAN), a5);
                a6 = w.fma(fromMemorySegment(F, ALL, in + 6L * BYTES, LITTLE_ENDIAN), a6);
                a7 = w.fma(fromMemorySegment(F, ALL, in + 7L * BYTES, LITTLE_ENDIAN), a7);
            }
            a0.intoMemorySegment(ALL, to0, LITTLE_ENDIAN);
            a1.intoMemorySegment(ALL, to0 + 1L * BYTES, LITTLE_ENDIAN);
            a2.intoMemorySegment(ALL, to0 + 2L * BYTES, LITTLE_ENDIAN);
            a3.intoMemorySegment(ALL, to0 + 3L * BYTES, LITTLE_ENDIAN);
            a4.intoMemorySegment(ALL, to0 + 4L * BYTES, LITTLE_ENDIAN);
            a5.intoMemorySegment(ALL, to0 + 5L * BYTES, LITTLE_ENDIAN);
            a6.intoMemorySegment(ALL, to0 + 6L * BYTES, LITTLE_ENDIAN);
            a7.intoMemorySegment(ALL, to0 + 7L * BYTES, LITTLE_ENDIAN);
            held += heldStride;
            output += outputStride;
        }
    }

    /**
     * Weight gradients over tiles of 8, 4, 2 or 1 times sixteen numbers: the gradient of an output channel, {@code held}, stays in
     * registers while the inputs of its weights stream past, each adding to its partial sum of 16 lanes. One vector of the
     * lanes, so that narrower vectors call it for one part of them after the other.
     */
    static void add(int sixteens, Operands io, int from, int to) {
        switch (sixteens) {
            case 8 -> add8(io, from, to);
            case 4 -> add4(io, from, to);
            case 2 -> add2(io, from, to);
            default -> add1(io, from, to);
        }
    }

    /**
     * Eight times sixteen numbers, and a class that has all entries: their columns and partial sums are read in their order, see
     * {@link #freshWhole}.
     */
    static void addWhole(Operands io, int from, int to) {
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        long step = io.step & STEP;
        int wholeStarts = io.wholeStarts;
        int wholeEnds = io.wholeEnds;
        long columns = io.columns;
        long base = io.input & USER;
        long heldStride = io.heldStride;
        long held = io.held + from * heldStride;
        long sums = io.output;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = (bounds[ends + row] - first) & LENGTH;
            int start = bounds[wholeStarts + row];
            long column = (columns + 4L * first) & USER;
            long partials = (sums + 64L * (first - start)) & USER;
            sums += 64L * (bounds[wholeEnds + row] - start);
            long from0 = held & USER;
            held += heldStride;
            FloatVector g0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, from0 + 64, LITTLE_ENDIAN);
            FloatVector g2 = fromMemorySegment(F, ALL, from0 + 128, LITTLE_ENDIAN);
            FloatVector g3 = fromMemorySegment(F, ALL, from0 + 192, LITTLE_ENDIAN);
            FloatVector g4 = fromMemorySegment(F, ALL, from0 + 256, LITTLE_ENDIAN);
            FloatVector g5 = fromMemorySegment(F, ALL, from0 + 320, LITTLE_ENDIAN);
            FloatVector g6 = fromMemorySegment(F, ALL, from0 + 384, LITTLE_ENDIAN);
            FloatVector g7 = fromMemorySegment(F, ALL, from0 + 448, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long in =
                        base + Integer.toUnsignedLong(ALL.get(ValueLayout.JAVA_INT_UNALIGNED, column + 4L * q)) * step;
                long partial = partials + 64L * q;
                FloatVector sum = fromMemorySegment(F, ALL, partial, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = g2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = g3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                sum = g4.fma(fromMemorySegment(F, ALL, in + 256, LITTLE_ENDIAN), sum);
                sum = g5.fma(fromMemorySegment(F, ALL, in + 320, LITTLE_ENDIAN), sum);
                sum = g6.fma(fromMemorySegment(F, ALL, in + 384, LITTLE_ENDIAN), sum);
                sum = g7.fma(fromMemorySegment(F, ALL, in + 448, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, partial, LITTLE_ENDIAN);
            }
        }
    }

    private static void add8(Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        int[] whole = io.whole;
        long step = io.step & STEP;
        int wholeStarts = io.wholeStarts;
        int wholeEnds = io.wholeEnds;
        long base = io.input & USER;
        long sums = io.output;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long entries = (io.entries + 8L * first) & USER;
            long partials = (sums - 64L * (whole[wholeStarts + row] - rowPtr[row])) & USER;
            sums += 64L * (whole[wholeEnds + row] - whole[wholeStarts + row]);
            long from0 = (io.held + (long) row * io.heldStride) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, from0 + 64, LITTLE_ENDIAN);
            FloatVector g2 = fromMemorySegment(F, ALL, from0 + 128, LITTLE_ENDIAN);
            FloatVector g3 = fromMemorySegment(F, ALL, from0 + 192, LITTLE_ENDIAN);
            FloatVector g4 = fromMemorySegment(F, ALL, from0 + 256, LITTLE_ENDIAN);
            FloatVector g5 = fromMemorySegment(F, ALL, from0 + 320, LITTLE_ENDIAN);
            FloatVector g6 = fromMemorySegment(F, ALL, from0 + 384, LITTLE_ENDIAN);
            FloatVector g7 = fromMemorySegment(F, ALL, from0 + 448, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                long in = base + (entry >>> 32) * step;
                long partial = partials + ((entry & VALUE) << 4);
                FloatVector sum = fromMemorySegment(F, ALL, partial, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = g2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = g3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                sum = g4.fma(fromMemorySegment(F, ALL, in + 256, LITTLE_ENDIAN), sum);
                sum = g5.fma(fromMemorySegment(F, ALL, in + 320, LITTLE_ENDIAN), sum);
                sum = g6.fma(fromMemorySegment(F, ALL, in + 384, LITTLE_ENDIAN), sum);
                sum = g7.fma(fromMemorySegment(F, ALL, in + 448, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, partial, LITTLE_ENDIAN);
            }
        }
    }

    private static void add4(Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        int[] whole = io.whole;
        long step = io.step & STEP;
        int wholeStarts = io.wholeStarts;
        int wholeEnds = io.wholeEnds;
        long base = io.input & USER;
        long sums = io.output;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long entries = (io.entries + 8L * first) & USER;
            long partials = (sums - 64L * (whole[wholeStarts + row] - rowPtr[row])) & USER;
            sums += 64L * (whole[wholeEnds + row] - whole[wholeStarts + row]);
            long from0 = (io.held + (long) row * io.heldStride) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, from0 + 64, LITTLE_ENDIAN);
            FloatVector g2 = fromMemorySegment(F, ALL, from0 + 128, LITTLE_ENDIAN);
            FloatVector g3 = fromMemorySegment(F, ALL, from0 + 192, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                long in = base + (entry >>> 32) * step;
                long partial = partials + ((entry & VALUE) << 4);
                FloatVector sum = fromMemorySegment(F, ALL, partial, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = g2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = g3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, partial, LITTLE_ENDIAN);
            }
        }
    }

    private static void add2(Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        int[] whole = io.whole;
        long step = io.step & STEP;
        int wholeStarts = io.wholeStarts;
        int wholeEnds = io.wholeEnds;
        long base = io.input & USER;
        long sums = io.output;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long entries = (io.entries + 8L * first) & USER;
            long partials = (sums - 64L * (whole[wholeStarts + row] - rowPtr[row])) & USER;
            sums += 64L * (whole[wholeEnds + row] - whole[wholeStarts + row]);
            long from0 = (io.held + (long) row * io.heldStride) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
            FloatVector g1 = fromMemorySegment(F, ALL, from0 + 64, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                long in = base + (entry >>> 32) * step;
                long partial = partials + ((entry & VALUE) << 4);
                FloatVector sum = fromMemorySegment(F, ALL, partial, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum = g1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, partial, LITTLE_ENDIAN);
            }
        }
    }

    private static void add1(Operands io, int from, int to) {
        int[] rowPtr = io.rowPtr;
        int[] bounds = io.bounds;
        int starts = io.starts;
        int ends = io.ends;
        int[] whole = io.whole;
        long step = io.step & STEP;
        int wholeStarts = io.wholeStarts;
        int wholeEnds = io.wholeEnds;
        long base = io.input & USER;
        long sums = io.output;
        for (int row = from; row < to; row++) {
            int first = bounds[starts + row];
            int length = bounds[ends + row] - first;
            long entries = (io.entries + 8L * first) & USER;
            long partials = (sums - 64L * (whole[wholeStarts + row] - rowPtr[row])) & USER;
            sums += 64L * (whole[wholeEnds + row] - whole[wholeStarts + row]);
            long from0 = (io.held + (long) row * io.heldStride) & USER;
            FloatVector g0 = fromMemorySegment(F, ALL, from0, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long entry = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entries + 8L * q);
                long in = base + (entry >>> 32) * step;
                long partial = partials + ((entry & VALUE) << 4);
                FloatVector sum = fromMemorySegment(F, ALL, partial, LITTLE_ENDIAN);
                sum = g0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, partial, LITTLE_ENDIAN);
            }
        }
    }
}
