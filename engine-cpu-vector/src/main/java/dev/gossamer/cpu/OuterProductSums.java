package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Geometry;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Sums for weights of a group of input channels by a block of output channels: {@code [input channel][tap][output channel]}. */
final class OuterProductSums {

    /** Sums that are turned back together: runs of four lines in the weights. */
    private static final int TILE = 64;

    private final Geometry geometry;
    private final int taps;
    private final int width;
    private final int rowBytes;
    private final int group;

    private MemorySegment memory = MemorySegment.NULL;
    private long at;
    private MemorySegment out;
    private float beta;

    /**
     * @param width output channels of a block
     * @param group the most input channels
     */
    @SuppressWarnings("NullAway.Init") // set before each run
    OuterProductSums(Geometry geometry, int width, int group) {
        this.geometry = geometry;
        this.taps = geometry.kernelHeight() * geometry.kernelWidth();
        this.width = width;
        this.rowBytes = width * Float.BYTES;
        this.group = group;
    }

    /** Bytes of memory that it needs: the last tile may be broken, and one is turned. */
    long bytes() {
        return ((long) group * taps + 2L * TILE) * rowBytes;
    }

    /** Takes sums for {@code gw = sums + beta·gw} of all weights, in memory from an offset on. */
    void of(MemorySegment gw, float scale, MemorySegment room, long offset) {
        out = gw;
        beta = scale;
        memory = room;
        at = offset;
    }

    MemorySegment memory() {
        return memory;
    }

    /** Where in {@link #memory} the sums of a tap of the group's first channel are. */
    long offset(int tap) {
        return at + (long) tap * rowBytes;
    }

    /** Bytes from a tap to the next. */
    int tapBytes() {
        return rowBytes;
    }

    /** Bytes from an input channel to the next. */
    int channelBytes() {
        return taps * rowBytes;
    }

    void clear(int channels) {
        Raw.clear(address(), (long) channels * channelBytes());
    }

    private long address() {
        return Raw.address(memory, at, bytes());
    }

    /** The address of the sums of a tap of the group's first channel. */
    long address(int tap) {
        return address() + (long) tap * rowBytes;
    }

    /** Adds the sums of a block and of input channels {@code from .. to - 1} to the weights. */
    void turnBack(int block, int from, int to) {
        int channels = Math.min(width, geometry.outChannels() - block * width);
        int cols = geometry.cols();
        int count = (to - from) * taps;
        long sums = address();
        long tile = sums + bytes() - (long) TILE * rowBytes;
        long gw = Raw.address(out, 0, geometry.size() * Float.BYTES);
        for (int col = 0; col < count; col += TILE) {
            Transposition.panel(sums + (long) col * rowBytes, rowBytes, TILE, width, tile, TILE * Float.BYTES);
            long target = gw + 4L * ((long) block * width * cols + (long) from * taps + col);
            int some = Math.min(TILE, count - col);
            for (int channel = 0; channel < channels; channel++) {
                add(tile + (long) channel * TILE * Float.BYTES, some, target + 4L * channel * cols);
            }
        }
    }

    private void add(long from, int count, long to) {
        int whole = count - count % COUNT;
        for (int i = 0; i < whole; i += COUNT) {
            FloatVector sum = fromMemorySegment(F, ALL, (from + 4L * i) & USER, LITTLE_ENDIAN);
            if (beta != 0) {
                sum = fromMemorySegment(F, ALL, (to + 4L * i) & USER, LITTLE_ENDIAN)
                        .fma(FloatVector.broadcast(F, beta), sum);
            }
            sum.intoMemorySegment(ALL, (to + 4L * i) & USER, LITTLE_ENDIAN);
        }
        for (int i = whole; i < count; i++) {
            float sum = ALL.get(UNCHECKED, (from + 4L * i) & USER);
            long its = (to + 4L * i) & USER;
            ALL.set(UNCHECKED, its, beta == 0 ? sum : Math.fma(ALL.get(UNCHECKED, its), beta, sum));
        }
    }
}
