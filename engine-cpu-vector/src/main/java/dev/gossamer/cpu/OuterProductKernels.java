package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Geometry;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Sums of outer products: each stored element of an input channel times the gradients that its taps lead to, which have a block
 * of output channels side by side. The sums of all taps of an input channel stay in registers while its elements pass.
 */
final class OuterProductKernels {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private OuterProductKernels() {}

    /** What kernels work on; addresses and distances in bytes. */
    static final class Operands {

        /** For each list of elements the first, and of the first channel its list. */
        int[] starts = {};

        int list;

        /** From the list of a channel to that of the next. */
        int nextChannel;

        /** Ints: from {@link #gradient} to what the last tap of each element leads to. */
        long offsets;

        long values;

        long gradient;

        /** From a row of gradients to the next, and from a position. */
        int row;

        int position;

        /** The last tap's sums of the first channel. */
        long sums;

        /** From the sums of a channel to those of the next. */
        int channelSums;

        /** From a tap's sums to those of the tap that leads a row further down, and a column further right. */
        int down;

        int across;
    }

    /** Whether there are kernels for all kinds of positions of a layer. */
    static boolean know(Geometry g) {
        return g.kernelHeight() == g.kernelWidth()
                && (g.kernelHeight() == 1 || g.kernelHeight() == 3)
                && g.stride() <= 3;
    }

    /** Vectors of output channels to a block: 1, 2, 4 or 8; with more than one tap 2. */
    static int vectors(Geometry g) {
        if (g.kernelHeight() * g.kernelWidth() > 1) {
            return 2;
        }
        int vectors = 1;
        while (vectors < 8 && vectors * COUNT < g.outChannels()) {
            vectors *= 2;
        }
        return vectors;
    }

    /**
     * Adds the products of {@code channels} input channels to the sums of {@code tapRows x tapCols} taps each.
     *
     * @param vectors as {@link #vectors} says
     */
    static void add(int tapRows, int tapCols, int vectors, Operands io, int channels) {
        if (tapRows == 3) {
            if (COUNT == 16) {
                nine2(io, channels);
            } else { // the sums of a block take 18 registers, and there are 16
                nine1(io, channels, 0);
                nine1(io, channels, BYTES);
            }
        } else if (tapRows == 2 && tapCols == 2) {
            four2(io, channels);
        } else if (tapRows == 2) {
            two2(io, channels, io.row, io.down);
        } else if (tapCols == 2) {
            two2(io, channels, io.position, io.across);
        } else {
            switch (vectors) {
                case 8 -> one8(io, channels);
                case 4 -> one4(io, channels);
                case 2 -> one2(io, channels);
                default -> one1(io, channels);
            }
        }
    }

    private static void nine2(Operands io, int channels) {
        int[] starts = io.starts;
        long offsets = io.offsets;
        long values = io.values;
        long g = io.gradient;
        int row = io.row & INDEX;
        int one = io.position & INDEX;
        for (int channel = 0; channel < channels; channel++) {
            int list = io.list + channel * io.nextChannel;
            int end = starts[list + 1];
            long sums = io.sums + (long) channel * io.channelSums;
            long first = (sums - 16L * BYTES) & USER;
            FloatVector s0a = fromMemorySegment(F, ALL, first + 16L * BYTES, LITTLE_ENDIAN);
            FloatVector s0b = fromMemorySegment(F, ALL, first + 16L * BYTES + BYTES, LITTLE_ENDIAN);
            FloatVector s1a = fromMemorySegment(F, ALL, first + 14L * BYTES, LITTLE_ENDIAN);
            FloatVector s1b = fromMemorySegment(F, ALL, first + 14L * BYTES + BYTES, LITTLE_ENDIAN);
            FloatVector s2a = fromMemorySegment(F, ALL, first + 12L * BYTES, LITTLE_ENDIAN);
            FloatVector s2b = fromMemorySegment(F, ALL, first + 12L * BYTES + BYTES, LITTLE_ENDIAN);
            FloatVector s3a = fromMemorySegment(F, ALL, first + 10L * BYTES, LITTLE_ENDIAN);
            FloatVector s3b = fromMemorySegment(F, ALL, first + 10L * BYTES + BYTES, LITTLE_ENDIAN);
            FloatVector s4a = fromMemorySegment(F, ALL, first + 8L * BYTES, LITTLE_ENDIAN);
            FloatVector s4b = fromMemorySegment(F, ALL, first + 8L * BYTES + BYTES, LITTLE_ENDIAN);
            FloatVector s5a = fromMemorySegment(F, ALL, first + 6L * BYTES, LITTLE_ENDIAN);
            FloatVector s5b = fromMemorySegment(F, ALL, first + 6L * BYTES + BYTES, LITTLE_ENDIAN);
            FloatVector s6a = fromMemorySegment(F, ALL, first + 4L * BYTES, LITTLE_ENDIAN);
            FloatVector s6b = fromMemorySegment(F, ALL, first + 4L * BYTES + BYTES, LITTLE_ENDIAN);
            FloatVector s7a = fromMemorySegment(F, ALL, first + 2L * BYTES, LITTLE_ENDIAN);
            FloatVector s7b = fromMemorySegment(F, ALL, first + 2L * BYTES + BYTES, LITTLE_ENDIAN);
            FloatVector s8a = fromMemorySegment(F, ALL, first, LITTLE_ENDIAN);
            FloatVector s8b = fromMemorySegment(F, ALL, first + BYTES, LITTLE_ENDIAN);
            for (int i = starts[list]; i < end; i++) {
                FloatVector x = broadcast(F, ALL.get(UNCHECKED, (values + 4L * i) & USER));
                long top = (g + ALL.get(INT, (offsets + 4L * i) & USER)) & USER;
                long middle = (top + row) & USER;
                long bottom = (middle + row) & USER;
                s0a = x.fma(fromMemorySegment(F, ALL, top, LITTLE_ENDIAN), s0a);
                s0b = x.fma(fromMemorySegment(F, ALL, top + BYTES, LITTLE_ENDIAN), s0b);
                s1a = x.fma(fromMemorySegment(F, ALL, top + one, LITTLE_ENDIAN), s1a);
                s1b = x.fma(fromMemorySegment(F, ALL, top + one + BYTES, LITTLE_ENDIAN), s1b);
                s2a = x.fma(fromMemorySegment(F, ALL, top + 2L * one, LITTLE_ENDIAN), s2a);
                s2b = x.fma(fromMemorySegment(F, ALL, top + 2L * one + BYTES, LITTLE_ENDIAN), s2b);
                s3a = x.fma(fromMemorySegment(F, ALL, middle, LITTLE_ENDIAN), s3a);
                s3b = x.fma(fromMemorySegment(F, ALL, middle + BYTES, LITTLE_ENDIAN), s3b);
                s4a = x.fma(fromMemorySegment(F, ALL, middle + one, LITTLE_ENDIAN), s4a);
                s4b = x.fma(fromMemorySegment(F, ALL, middle + one + BYTES, LITTLE_ENDIAN), s4b);
                s5a = x.fma(fromMemorySegment(F, ALL, middle + 2L * one, LITTLE_ENDIAN), s5a);
                s5b = x.fma(fromMemorySegment(F, ALL, middle + 2L * one + BYTES, LITTLE_ENDIAN), s5b);
                s6a = x.fma(fromMemorySegment(F, ALL, bottom, LITTLE_ENDIAN), s6a);
                s6b = x.fma(fromMemorySegment(F, ALL, bottom + BYTES, LITTLE_ENDIAN), s6b);
                s7a = x.fma(fromMemorySegment(F, ALL, bottom + one, LITTLE_ENDIAN), s7a);
                s7b = x.fma(fromMemorySegment(F, ALL, bottom + one + BYTES, LITTLE_ENDIAN), s7b);
                s8a = x.fma(fromMemorySegment(F, ALL, bottom + 2L * one, LITTLE_ENDIAN), s8a);
                s8b = x.fma(fromMemorySegment(F, ALL, bottom + 2L * one + BYTES, LITTLE_ENDIAN), s8b);
            }
            s0a.intoMemorySegment(ALL, first + 16L * BYTES, LITTLE_ENDIAN);
            s0b.intoMemorySegment(ALL, first + 16L * BYTES + BYTES, LITTLE_ENDIAN);
            s1a.intoMemorySegment(ALL, first + 14L * BYTES, LITTLE_ENDIAN);
            s1b.intoMemorySegment(ALL, first + 14L * BYTES + BYTES, LITTLE_ENDIAN);
            s2a.intoMemorySegment(ALL, first + 12L * BYTES, LITTLE_ENDIAN);
            s2b.intoMemorySegment(ALL, first + 12L * BYTES + BYTES, LITTLE_ENDIAN);
            s3a.intoMemorySegment(ALL, first + 10L * BYTES, LITTLE_ENDIAN);
            s3b.intoMemorySegment(ALL, first + 10L * BYTES + BYTES, LITTLE_ENDIAN);
            s4a.intoMemorySegment(ALL, first + 8L * BYTES, LITTLE_ENDIAN);
            s4b.intoMemorySegment(ALL, first + 8L * BYTES + BYTES, LITTLE_ENDIAN);
            s5a.intoMemorySegment(ALL, first + 6L * BYTES, LITTLE_ENDIAN);
            s5b.intoMemorySegment(ALL, first + 6L * BYTES + BYTES, LITTLE_ENDIAN);
            s6a.intoMemorySegment(ALL, first + 4L * BYTES, LITTLE_ENDIAN);
            s6b.intoMemorySegment(ALL, first + 4L * BYTES + BYTES, LITTLE_ENDIAN);
            s7a.intoMemorySegment(ALL, first + 2L * BYTES, LITTLE_ENDIAN);
            s7b.intoMemorySegment(ALL, first + 2L * BYTES + BYTES, LITTLE_ENDIAN);
            s8a.intoMemorySegment(ALL, first, LITTLE_ENDIAN);
            s8b.intoMemorySegment(ALL, first + BYTES, LITTLE_ENDIAN);
        }
    }

    private static void nine1(Operands io, int channels, int half) {
        int[] starts = io.starts;
        long offsets = io.offsets;
        long values = io.values;
        long g = io.gradient;
        int row = io.row & INDEX;
        int one = io.position & INDEX;
        g += half;
        for (int channel = 0; channel < channels; channel++) {
            int list = io.list + channel * io.nextChannel;
            int end = starts[list + 1];
            long sums = io.sums + (long) channel * io.channelSums;
            long first = (sums - 16L * BYTES + half) & USER;
            FloatVector s0a = fromMemorySegment(F, ALL, first + 16L * BYTES, LITTLE_ENDIAN);
            FloatVector s1a = fromMemorySegment(F, ALL, first + 14L * BYTES, LITTLE_ENDIAN);
            FloatVector s2a = fromMemorySegment(F, ALL, first + 12L * BYTES, LITTLE_ENDIAN);
            FloatVector s3a = fromMemorySegment(F, ALL, first + 10L * BYTES, LITTLE_ENDIAN);
            FloatVector s4a = fromMemorySegment(F, ALL, first + 8L * BYTES, LITTLE_ENDIAN);
            FloatVector s5a = fromMemorySegment(F, ALL, first + 6L * BYTES, LITTLE_ENDIAN);
            FloatVector s6a = fromMemorySegment(F, ALL, first + 4L * BYTES, LITTLE_ENDIAN);
            FloatVector s7a = fromMemorySegment(F, ALL, first + 2L * BYTES, LITTLE_ENDIAN);
            FloatVector s8a = fromMemorySegment(F, ALL, first, LITTLE_ENDIAN);
            for (int i = starts[list]; i < end; i++) {
                FloatVector x = broadcast(F, ALL.get(UNCHECKED, (values + 4L * i) & USER));
                long top = (g + ALL.get(INT, (offsets + 4L * i) & USER)) & USER;
                long middle = (top + row) & USER;
                long bottom = (middle + row) & USER;
                s0a = x.fma(fromMemorySegment(F, ALL, top, LITTLE_ENDIAN), s0a);
                s1a = x.fma(fromMemorySegment(F, ALL, top + one, LITTLE_ENDIAN), s1a);
                s2a = x.fma(fromMemorySegment(F, ALL, top + 2L * one, LITTLE_ENDIAN), s2a);
                s3a = x.fma(fromMemorySegment(F, ALL, middle, LITTLE_ENDIAN), s3a);
                s4a = x.fma(fromMemorySegment(F, ALL, middle + one, LITTLE_ENDIAN), s4a);
                s5a = x.fma(fromMemorySegment(F, ALL, middle + 2L * one, LITTLE_ENDIAN), s5a);
                s6a = x.fma(fromMemorySegment(F, ALL, bottom, LITTLE_ENDIAN), s6a);
                s7a = x.fma(fromMemorySegment(F, ALL, bottom + one, LITTLE_ENDIAN), s7a);
                s8a = x.fma(fromMemorySegment(F, ALL, bottom + 2L * one, LITTLE_ENDIAN), s8a);
            }
            s0a.intoMemorySegment(ALL, first + 16L * BYTES, LITTLE_ENDIAN);
            s1a.intoMemorySegment(ALL, first + 14L * BYTES, LITTLE_ENDIAN);
            s2a.intoMemorySegment(ALL, first + 12L * BYTES, LITTLE_ENDIAN);
            s3a.intoMemorySegment(ALL, first + 10L * BYTES, LITTLE_ENDIAN);
            s4a.intoMemorySegment(ALL, first + 8L * BYTES, LITTLE_ENDIAN);
            s5a.intoMemorySegment(ALL, first + 6L * BYTES, LITTLE_ENDIAN);
            s6a.intoMemorySegment(ALL, first + 4L * BYTES, LITTLE_ENDIAN);
            s7a.intoMemorySegment(ALL, first + 2L * BYTES, LITTLE_ENDIAN);
            s8a.intoMemorySegment(ALL, first, LITTLE_ENDIAN);
        }
    }

    private static void four2(Operands io, int channels) {
        int[] starts = io.starts;
        long offsets = io.offsets;
        long values = io.values;
        long g = io.gradient;
        int row = io.row & INDEX;
        int one = io.position & INDEX;
        for (int channel = 0; channel < channels; channel++) {
            int list = io.list + channel * io.nextChannel;
            int end = starts[list + 1];
            long sums = io.sums + (long) channel * io.channelSums;
            long s = sums & USER;
            long right = (sums + io.across) & USER;
            long below = (sums + io.down) & USER;
            long both = (sums + io.down + io.across) & USER;
            FloatVector s0a = fromMemorySegment(F, ALL, s, LITTLE_ENDIAN);
            FloatVector s0b = fromMemorySegment(F, ALL, s + BYTES, LITTLE_ENDIAN);
            FloatVector s1a = fromMemorySegment(F, ALL, right, LITTLE_ENDIAN);
            FloatVector s1b = fromMemorySegment(F, ALL, right + BYTES, LITTLE_ENDIAN);
            FloatVector s2a = fromMemorySegment(F, ALL, below, LITTLE_ENDIAN);
            FloatVector s2b = fromMemorySegment(F, ALL, below + BYTES, LITTLE_ENDIAN);
            FloatVector s3a = fromMemorySegment(F, ALL, both, LITTLE_ENDIAN);
            FloatVector s3b = fromMemorySegment(F, ALL, both + BYTES, LITTLE_ENDIAN);
            for (int i = starts[list]; i < end; i++) {
                FloatVector x = broadcast(F, ALL.get(UNCHECKED, (values + 4L * i) & USER));
                long top = (g + ALL.get(INT, (offsets + 4L * i) & USER)) & USER;
                long bottom = (top + row) & USER;
                s0a = x.fma(fromMemorySegment(F, ALL, top, LITTLE_ENDIAN), s0a);
                s0b = x.fma(fromMemorySegment(F, ALL, top + BYTES, LITTLE_ENDIAN), s0b);
                s1a = x.fma(fromMemorySegment(F, ALL, top + one, LITTLE_ENDIAN), s1a);
                s1b = x.fma(fromMemorySegment(F, ALL, top + one + BYTES, LITTLE_ENDIAN), s1b);
                s2a = x.fma(fromMemorySegment(F, ALL, bottom, LITTLE_ENDIAN), s2a);
                s2b = x.fma(fromMemorySegment(F, ALL, bottom + BYTES, LITTLE_ENDIAN), s2b);
                s3a = x.fma(fromMemorySegment(F, ALL, bottom + one, LITTLE_ENDIAN), s3a);
                s3b = x.fma(fromMemorySegment(F, ALL, bottom + one + BYTES, LITTLE_ENDIAN), s3b);
            }
            s0a.intoMemorySegment(ALL, s, LITTLE_ENDIAN);
            s0b.intoMemorySegment(ALL, s + BYTES, LITTLE_ENDIAN);
            s1a.intoMemorySegment(ALL, right, LITTLE_ENDIAN);
            s1b.intoMemorySegment(ALL, right + BYTES, LITTLE_ENDIAN);
            s2a.intoMemorySegment(ALL, below, LITTLE_ENDIAN);
            s2b.intoMemorySegment(ALL, below + BYTES, LITTLE_ENDIAN);
            s3a.intoMemorySegment(ALL, both, LITTLE_ENDIAN);
            s3b.intoMemorySegment(ALL, both + BYTES, LITTLE_ENDIAN);
        }
    }

    private static void two2(Operands io, int channels, int step, int further) {
        int[] starts = io.starts;
        long offsets = io.offsets;
        long values = io.values;
        long g = io.gradient;
        int one = step & INDEX;
        for (int channel = 0; channel < channels; channel++) {
            int list = io.list + channel * io.nextChannel;
            int end = starts[list + 1];
            long sums = io.sums + (long) channel * io.channelSums;
            long s = sums & USER;
            long other = (sums + further) & USER;
            FloatVector s0a = fromMemorySegment(F, ALL, s, LITTLE_ENDIAN);
            FloatVector s0b = fromMemorySegment(F, ALL, s + BYTES, LITTLE_ENDIAN);
            FloatVector s1a = fromMemorySegment(F, ALL, other, LITTLE_ENDIAN);
            FloatVector s1b = fromMemorySegment(F, ALL, other + BYTES, LITTLE_ENDIAN);
            for (int i = starts[list]; i < end; i++) {
                FloatVector x = broadcast(F, ALL.get(UNCHECKED, (values + 4L * i) & USER));
                long at = (g + ALL.get(INT, (offsets + 4L * i) & USER)) & USER;
                s0a = x.fma(fromMemorySegment(F, ALL, at, LITTLE_ENDIAN), s0a);
                s0b = x.fma(fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN), s0b);
                s1a = x.fma(fromMemorySegment(F, ALL, at + one, LITTLE_ENDIAN), s1a);
                s1b = x.fma(fromMemorySegment(F, ALL, at + one + BYTES, LITTLE_ENDIAN), s1b);
            }
            s0a.intoMemorySegment(ALL, s, LITTLE_ENDIAN);
            s0b.intoMemorySegment(ALL, s + BYTES, LITTLE_ENDIAN);
            s1a.intoMemorySegment(ALL, other, LITTLE_ENDIAN);
            s1b.intoMemorySegment(ALL, other + BYTES, LITTLE_ENDIAN);
        }
    }

    private static void one8(Operands io, int channels) {
        int[] starts = io.starts;
        long offsets = io.offsets;
        long values = io.values;
        long g = io.gradient;
        for (int channel = 0; channel < channels; channel++) {
            int list = io.list + channel * io.nextChannel;
            int end = starts[list + 1];
            long sums = io.sums + (long) channel * io.channelSums;
            long s = sums & USER;
            FloatVector s0 = fromMemorySegment(F, ALL, s, LITTLE_ENDIAN);
            FloatVector s1 = fromMemorySegment(F, ALL, s + BYTES, LITTLE_ENDIAN);
            FloatVector s2 = fromMemorySegment(F, ALL, s + 2L * BYTES, LITTLE_ENDIAN);
            FloatVector s3 = fromMemorySegment(F, ALL, s + 3L * BYTES, LITTLE_ENDIAN);
            FloatVector s4 = fromMemorySegment(F, ALL, s + 4L * BYTES, LITTLE_ENDIAN);
            FloatVector s5 = fromMemorySegment(F, ALL, s + 5L * BYTES, LITTLE_ENDIAN);
            FloatVector s6 = fromMemorySegment(F, ALL, s + 6L * BYTES, LITTLE_ENDIAN);
            FloatVector s7 = fromMemorySegment(F, ALL, s + 7L * BYTES, LITTLE_ENDIAN);
            for (int i = starts[list]; i < end; i++) {
                FloatVector x = broadcast(F, ALL.get(UNCHECKED, (values + 4L * i) & USER));
                long at = (g + ALL.get(INT, (offsets + 4L * i) & USER)) & USER;
                s0 = x.fma(fromMemorySegment(F, ALL, at, LITTLE_ENDIAN), s0);
                s1 = x.fma(fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN), s1);
                s2 = x.fma(fromMemorySegment(F, ALL, at + 2L * BYTES, LITTLE_ENDIAN), s2);
                s3 = x.fma(fromMemorySegment(F, ALL, at + 3L * BYTES, LITTLE_ENDIAN), s3);
                s4 = x.fma(fromMemorySegment(F, ALL, at + 4L * BYTES, LITTLE_ENDIAN), s4);
                s5 = x.fma(fromMemorySegment(F, ALL, at + 5L * BYTES, LITTLE_ENDIAN), s5);
                s6 = x.fma(fromMemorySegment(F, ALL, at + 6L * BYTES, LITTLE_ENDIAN), s6);
                s7 = x.fma(fromMemorySegment(F, ALL, at + 7L * BYTES, LITTLE_ENDIAN), s7);
            }
            s0.intoMemorySegment(ALL, s, LITTLE_ENDIAN);
            s1.intoMemorySegment(ALL, s + BYTES, LITTLE_ENDIAN);
            s2.intoMemorySegment(ALL, s + 2L * BYTES, LITTLE_ENDIAN);
            s3.intoMemorySegment(ALL, s + 3L * BYTES, LITTLE_ENDIAN);
            s4.intoMemorySegment(ALL, s + 4L * BYTES, LITTLE_ENDIAN);
            s5.intoMemorySegment(ALL, s + 5L * BYTES, LITTLE_ENDIAN);
            s6.intoMemorySegment(ALL, s + 6L * BYTES, LITTLE_ENDIAN);
            s7.intoMemorySegment(ALL, s + 7L * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void one4(Operands io, int channels) {
        int[] starts = io.starts;
        long offsets = io.offsets;
        long values = io.values;
        long g = io.gradient;
        for (int channel = 0; channel < channels; channel++) {
            int list = io.list + channel * io.nextChannel;
            int end = starts[list + 1];
            long sums = io.sums + (long) channel * io.channelSums;
            long s = sums & USER;
            FloatVector s0 = fromMemorySegment(F, ALL, s, LITTLE_ENDIAN);
            FloatVector s1 = fromMemorySegment(F, ALL, s + BYTES, LITTLE_ENDIAN);
            FloatVector s2 = fromMemorySegment(F, ALL, s + 2L * BYTES, LITTLE_ENDIAN);
            FloatVector s3 = fromMemorySegment(F, ALL, s + 3L * BYTES, LITTLE_ENDIAN);
            for (int i = starts[list]; i < end; i++) {
                FloatVector x = broadcast(F, ALL.get(UNCHECKED, (values + 4L * i) & USER));
                long at = (g + ALL.get(INT, (offsets + 4L * i) & USER)) & USER;
                s0 = x.fma(fromMemorySegment(F, ALL, at, LITTLE_ENDIAN), s0);
                s1 = x.fma(fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN), s1);
                s2 = x.fma(fromMemorySegment(F, ALL, at + 2L * BYTES, LITTLE_ENDIAN), s2);
                s3 = x.fma(fromMemorySegment(F, ALL, at + 3L * BYTES, LITTLE_ENDIAN), s3);
            }
            s0.intoMemorySegment(ALL, s, LITTLE_ENDIAN);
            s1.intoMemorySegment(ALL, s + BYTES, LITTLE_ENDIAN);
            s2.intoMemorySegment(ALL, s + 2L * BYTES, LITTLE_ENDIAN);
            s3.intoMemorySegment(ALL, s + 3L * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void one2(Operands io, int channels) {
        int[] starts = io.starts;
        long offsets = io.offsets;
        long values = io.values;
        long g = io.gradient;
        for (int channel = 0; channel < channels; channel++) {
            int list = io.list + channel * io.nextChannel;
            int end = starts[list + 1];
            long sums = io.sums + (long) channel * io.channelSums;
            long s = sums & USER;
            FloatVector s0a = fromMemorySegment(F, ALL, s, LITTLE_ENDIAN);
            FloatVector s0b = fromMemorySegment(F, ALL, s + BYTES, LITTLE_ENDIAN);
            for (int i = starts[list]; i < end; i++) {
                FloatVector x = broadcast(F, ALL.get(UNCHECKED, (values + 4L * i) & USER));
                long at = (g + ALL.get(INT, (offsets + 4L * i) & USER)) & USER;
                s0a = x.fma(fromMemorySegment(F, ALL, at, LITTLE_ENDIAN), s0a);
                s0b = x.fma(fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN), s0b);
            }
            s0a.intoMemorySegment(ALL, s, LITTLE_ENDIAN);
            s0b.intoMemorySegment(ALL, s + BYTES, LITTLE_ENDIAN);
        }
    }

    private static void one1(Operands io, int channels) {
        int[] starts = io.starts;
        long offsets = io.offsets;
        long values = io.values;
        long g = io.gradient;
        for (int channel = 0; channel < channels; channel++) {
            int list = io.list + channel * io.nextChannel;
            int end = starts[list + 1];
            long sums = io.sums + (long) channel * io.channelSums;
            long s = sums & USER;
            FloatVector s0a = fromMemorySegment(F, ALL, s, LITTLE_ENDIAN);
            for (int i = starts[list]; i < end; i++) {
                FloatVector x = broadcast(F, ALL.get(UNCHECKED, (values + 4L * i) & USER));
                long at = (g + ALL.get(INT, (offsets + 4L * i) & USER)) & USER;
                s0a = x.fma(fromMemorySegment(F, ALL, at, LITTLE_ENDIAN), s0a);
            }
            s0a.intoMemorySegment(ALL, s, LITTLE_ENDIAN);
        }
    }
}
