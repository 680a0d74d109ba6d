package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.cpu.LaneTree.Level;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposition of small matrices, in blocks of as many rows as a vector has lanes: rows whose numbers differ in one bit
 * exchange the lanes whose numbers have it, bit by bit. From memory to memory, so that no level needs more than four registers.
 */
final class Transposition {

    /** By halving distance, the first half a vector apart. */
    private static final Level[] LEVELS = levels();

    private Transposition() {}

    private static Level[] levels() {
        Level[] levels = new Level[Integer.numberOfTrailingZeros(COUNT)];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = Level.of(COUNT >> (i + 1));
        }
        return levels;
    }

    /**
     * {@code width} rows of {@code depth} floats become {@code depth} rows of {@code width}.
     *
     * @param from address of the first row
     * @param step bytes from one row to the next
     * @param width a multiple of the vector's lanes
     * @param to address of the first row of the result, apart from the operand
     * @param toStep bytes from one row of the result to the next
     */
    static void panel(long from, int step, int width, int depth, long to, int toStep) {
        int whole = depth - depth % COUNT;
        Level first = LEVELS[0];
        for (int row = 0; row < width; row += COUNT) {
            long in = from + (long) row * step;
            long out = to + 4L * row;
            for (int k = 0; k < whole; k += COUNT) {
                exchange(
                        in + 4L * k,
                        step,
                        out + (long) k * toStep,
                        toStep,
                        COUNT / 2,
                        first.upper(),
                        first.swap(),
                        first.distance());
            }
            for (int i = 1; i < LEVELS.length; i++) {
                Level level = LEVELS[i];
                exchange(out, toStep, out, toStep, whole / 2, level.upper(), level.swap(), level.distance());
            }
        }
        if (whole < depth) {
            oneByOne(from, step, width, whole, depth, to, toStep);
        }
    }

    /** One level of {@code pairs} pairs of rows; the operand may be the result. */
    private static void exchange(
            long from,
            int step,
            long to,
            int toStep,
            int pairs,
            VectorMask<Float> upper,
            VectorShuffle<Float> swap,
            int distance) {
        for (int i = 0; i < pairs; i++) {
            int row = i + (i & -distance);
            long in = (from + (long) row * step) & USER;
            long out = (to + (long) row * toStep) & USER;
            FloatVector u = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector v = fromMemorySegment(F, ALL, (in + (long) distance * step) & USER, LITTLE_ENDIAN);
            u.blend(v.rearrange(swap), upper).intoMemorySegment(ALL, out, LITTLE_ENDIAN);
            u.rearrange(swap)
                    .blend(v, upper)
                    .intoMemorySegment(ALL, (out + (long) distance * toStep) & USER, LITTLE_ENDIAN);
        }
    }

    /** Columns {@code first .. depth - 1} of all rows. */
    static void oneByOne(long from, int step, int width, int first, int depth, long to, int toStep) {
        for (int row = 0; row < width; row++) {
            long in = (from + (long) row * step) & USER;
            long out = to + 4L * row;
            for (int k = first; k < depth; k++) {
                ALL.set(UNCHECKED, (out + (long) k * toStep) & USER, ALL.get(UNCHECKED, in + 4L * k));
            }
        }
    }
}
