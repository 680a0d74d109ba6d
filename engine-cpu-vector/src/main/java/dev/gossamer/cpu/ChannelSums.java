package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Sums of each channel over batch and plane: column n adds to lane n mod 16 in ascending order of (block of the batch, row,
 * column of the plane, n), then the lanes are added, see {@link LaneTree}. Halo and lanes behind the batch are +0.0 and add
 * nothing.
 */
final class ChannelSums {

    private static final int PARTIAL = 64;

    private ChannelSums() {}

    /** {@code out[channel] += Σ t[channel, ...]}, or = where fresh. */
    static void add(CpuWorkspace workspace, CpuTensor t, MemorySegment out, boolean fresh) {
        int channels = t.shape().channels();
        MemorySegment partials = workspace.scratch(CpuWorkspace.Scratch.TILES, (channels + 15L) / 16 * 16 * PARTIAL);
        partials.fill((byte) 0);
        for (int column = 0; column < t.batch; column += t.block) {
            long from = Raw.address(t.data, t.base(column), t.positions * t.rowStride());
            int sixteens = t.planePositions() * (t.block / 16);
            for (int channel = 0; channel < channels; channel++) {
                long to = Raw.address(partials, (long) channel * PARTIAL, PARTIAL);
                for (int lane = 0; lane < PARTIAL; lane += BYTES) {
                    sum(from + 64L * channel * sixteens + lane, sixteens, to + lane);
                }
            }
        }
        LaneTree.sum(partials, 0, channels, 1, out, 0, fresh);
    }

    private static void sum(long from, int sixteens, long to) {
        FloatVector sum = fromMemorySegment(F, ALL, to & USER, LITTLE_ENDIAN);
        long in = from & USER;
        for (int i = 0; i < sixteens; i++) {
            sum = sum.add(fromMemorySegment(F, ALL, in + 64L * i, LITTLE_ENDIAN));
        }
        sum.intoMemorySegment(ALL, to & USER, LITTLE_ENDIAN);
    }
}
