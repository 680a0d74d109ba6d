package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Sums of 16 lanes as a tree, many at a time: l + l+8, then l + l+4, then (0+2) + (1+3). A level folds two vectors into one,
 * so that after the last a vector holds as many whole sums as it has lanes, in order. The same bits at every width.
 *
 * <p>The Vector API's own reduction has no fixed order, and one per sum would cost more than the dot product it ends.
 */
final class LaneTree {

    /** By distance: 1, 2, 4, 8. */
    private static final Level ONE = Level.of(1);

    private static final Level TWO = Level.of(2);
    private static final Level FOUR = Level.of(4);
    private static final Level EIGHT = Level.of(8);

    private LaneTree() {}

    /**
     * Folds lanes that are {@code distance} apart.
     *
     * @param upper lanes whose number has the bit {@code distance}
     * @param swap exchanges lanes that differ in that bit
     */
    record Level(int distance, VectorMask<Float> upper, VectorShuffle<Float> swap) {

        static Level of(int distance) {
            long bits = 0;
            for (int lane = 0; lane < COUNT; lane++) {
                bits |= (lane & distance) == 0 ? 0 : 1L << lane;
            }
            return new Level(
                    distance, VectorMask.fromLong(F, bits), VectorShuffle.fromOp(F, lane -> (lane ^ distance) % COUNT));
        }
    }

    /**
     * {@code c[first + i] += alpha · tree(partials[i])}, or {@code = 0 + ...} where fresh.
     *
     * @param partials 16 floats each, from byte {@code from} on; overwritten, also beyond {@code count} up to a multiple of 16
     */
    static void sum(
            MemorySegment partials, long from, int count, float alpha, MemorySegment c, int first, boolean fresh) {
        int padded = (count + 15) / 16 * 16;
        long at = Raw.address(partials, from, 64L * padded);
        switch (COUNT) {
            case 16 -> {
                foldWhole(
                        at,
                        padded / 16,
                        EIGHT.upper,
                        EIGHT.swap,
                        FOUR.upper,
                        FOUR.swap,
                        TWO.upper,
                        TWO.swap,
                        ONE.upper,
                        ONE.swap);
            }
            case 8 -> {
                halves(at, padded);
                fold(at, padded / 2, FOUR.upper, FOUR.swap, 4);
                foldTwice(at, padded / 8, TWO.upper, TWO.swap, ONE.upper, ONE.swap, 1);
            }
            default -> {
                quarters(at, padded);
                foldTwice(at, padded / 4, TWO.upper, TWO.swap, ONE.upper, ONE.swap, 1);
            }
        }
        long to = Raw.address(c, 4L * first, 4L * count);
        int whole = count - count % COUNT;
        if (fresh) {
            store(at, whole, alpha, to);
        } else {
            add(at, whole, alpha, to);
        }
        for (int i = whole; i < count; i++) {
            long out = (to & USER) + 4L * i;
            float start = fresh ? 0f : ALL.get(UNCHECKED, out);
            ALL.set(UNCHECKED, out, start + alpha * ALL.get(UNCHECKED, (at & USER) + 4L * i));
        }
    }

    /**
     * Blocks of 2·distance vectors become distance vectors: lane l of the result of u and v is {@code u[l] + u[l + distance]}
     * where l has not the bit, {@code v[l - distance] + v[l]} where it has.
     */
    private static void fold(long at, int outputs, VectorMask<Float> upper, VectorShuffle<Float> swap, int distance) {
        long base = at & USER;
        for (int i = 0; i < outputs; i++) {
            long in = (base + (long) (i + (i & -distance)) * BYTES) & USER;
            FloatVector u = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector v = fromMemorySegment(F, ALL, in + (long) distance * BYTES, LITTLE_ENDIAN);
            u.blend(v, upper)
                    .add(v.blend(u, upper).rearrange(swap))
                    .intoMemorySegment(ALL, (base + (long) i * BYTES) & USER, LITTLE_ENDIAN);
        }
    }

    /** All four levels at once, for vectors of sixteen lanes: depth first, so that few of sixteen are alive at a time. */
    private static void foldWhole(
            long at,
            int outputs,
            VectorMask<Float> m8,
            VectorShuffle<Float> s8,
            VectorMask<Float> m4,
            VectorShuffle<Float> s4,
            VectorMask<Float> m2,
            VectorShuffle<Float> s2,
            VectorMask<Float> m1,
            VectorShuffle<Float> s1) {
        long base = at & USER;
        for (int i = 0; i < outputs; i++) {
            long in = (base + 16L * i * BYTES) & USER;
            FloatVector v0 = fromMemorySegment(F, ALL, in + 0L * BYTES, LITTLE_ENDIAN);
            FloatVector v8 = fromMemorySegment(F, ALL, in + 8L * BYTES, LITTLE_ENDIAN);
            FloatVector e0 = v0.blend(v8, m8).add(v8.blend(v0, m8).rearrange(s8));
            FloatVector v4 = fromMemorySegment(F, ALL, in + 4L * BYTES, LITTLE_ENDIAN);
            FloatVector v12 = fromMemorySegment(F, ALL, in + 12L * BYTES, LITTLE_ENDIAN);
            FloatVector e4 = v4.blend(v12, m8).add(v12.blend(v4, m8).rearrange(s8));
            FloatVector q0 = e0.blend(e4, m4).add(e4.blend(e0, m4).rearrange(s4));
            FloatVector v2 = fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN);
            FloatVector v10 = fromMemorySegment(F, ALL, in + 10L * BYTES, LITTLE_ENDIAN);
            FloatVector e2 = v2.blend(v10, m8).add(v10.blend(v2, m8).rearrange(s8));
            FloatVector v6 = fromMemorySegment(F, ALL, in + 6L * BYTES, LITTLE_ENDIAN);
            FloatVector v14 = fromMemorySegment(F, ALL, in + 14L * BYTES, LITTLE_ENDIAN);
            FloatVector e6 = v6.blend(v14, m8).add(v14.blend(v6, m8).rearrange(s8));
            FloatVector q2 = e2.blend(e6, m4).add(e6.blend(e2, m4).rearrange(s4));
            FloatVector h0 = q0.blend(q2, m2).add(q2.blend(q0, m2).rearrange(s2));
            FloatVector v1 = fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN);
            FloatVector v9 = fromMemorySegment(F, ALL, in + 9L * BYTES, LITTLE_ENDIAN);
            FloatVector e1 = v1.blend(v9, m8).add(v9.blend(v1, m8).rearrange(s8));
            FloatVector v5 = fromMemorySegment(F, ALL, in + 5L * BYTES, LITTLE_ENDIAN);
            FloatVector v13 = fromMemorySegment(F, ALL, in + 13L * BYTES, LITTLE_ENDIAN);
            FloatVector e5 = v5.blend(v13, m8).add(v13.blend(v5, m8).rearrange(s8));
            FloatVector q1 = e1.blend(e5, m4).add(e5.blend(e1, m4).rearrange(s4));
            FloatVector v3 = fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN);
            FloatVector v11 = fromMemorySegment(F, ALL, in + 11L * BYTES, LITTLE_ENDIAN);
            FloatVector e3 = v3.blend(v11, m8).add(v11.blend(v3, m8).rearrange(s8));
            FloatVector v7 = fromMemorySegment(F, ALL, in + 7L * BYTES, LITTLE_ENDIAN);
            FloatVector v15 = fromMemorySegment(F, ALL, in + 15L * BYTES, LITTLE_ENDIAN);
            FloatVector e7 = v7.blend(v15, m8).add(v15.blend(v7, m8).rearrange(s8));
            FloatVector q3 = e3.blend(e7, m4).add(e7.blend(e3, m4).rearrange(s4));
            FloatVector h1 = q1.blend(q3, m2).add(q3.blend(q1, m2).rearrange(s2));
            h0.blend(h1, m1)
                    .add(h1.blend(h0, m1).rearrange(s1))
                    .intoMemorySegment(ALL, (base + (long) i * BYTES) & USER, LITTLE_ENDIAN);
        }
    }

    /** Two levels at once, of 2·distance and of distance: blocks of 4·distance vectors become distance vectors. */
    private static void foldTwice(
            long at,
            int outputs,
            VectorMask<Float> upper2,
            VectorShuffle<Float> swap2,
            VectorMask<Float> upper,
            VectorShuffle<Float> swap,
            int distance) {
        long base = at & USER;
        long apart = (long) distance * BYTES;
        for (int i = 0; i < outputs; i++) {
            long in = (base + (long) (i + 3 * (i & -distance)) * BYTES) & USER;
            FloatVector a = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector b = fromMemorySegment(F, ALL, (in + apart) & USER, LITTLE_ENDIAN);
            FloatVector c = fromMemorySegment(F, ALL, (in + 2 * apart) & USER, LITTLE_ENDIAN);
            FloatVector d = fromMemorySegment(F, ALL, (in + 3 * apart) & USER, LITTLE_ENDIAN);
            FloatVector u = a.blend(c, upper2).add(c.blend(a, upper2).rearrange(swap2));
            FloatVector v = b.blend(d, upper2).add(d.blend(b, upper2).rearrange(swap2));
            u.blend(v, upper)
                    .add(v.blend(u, upper).rearrange(swap))
                    .intoMemorySegment(ALL, (base + (long) i * BYTES) & USER, LITTLE_ENDIAN);
        }
    }

    /** Vectors of eight lanes: the first level is an addition. */
    private static void halves(long at, int count) {
        long base = at & USER;
        for (int i = 0; i < count; i++) {
            long in = (base + 64L * i) & USER;
            fromMemorySegment(F, ALL, in, LITTLE_ENDIAN)
                    .add(fromMemorySegment(F, ALL, in + 32, LITTLE_ENDIAN))
                    .intoMemorySegment(ALL, (base + 32L * i) & USER, LITTLE_ENDIAN);
        }
    }

    /** Vectors of four lanes: the first two levels are additions. */
    private static void quarters(long at, int count) {
        long base = at & USER;
        for (int i = 0; i < count; i++) {
            long in = (base + 64L * i) & USER;
            FloatVector low =
                    fromMemorySegment(F, ALL, in, LITTLE_ENDIAN).add(fromMemorySegment(F, ALL, in + 32, LITTLE_ENDIAN));
            FloatVector high = fromMemorySegment(F, ALL, in + 16, LITTLE_ENDIAN)
                    .add(fromMemorySegment(F, ALL, in + 48, LITTLE_ENDIAN));
            low.add(high).intoMemorySegment(ALL, (base + 16L * i) & USER, LITTLE_ENDIAN);
        }
    }

    private static void store(long sums, int count, float alpha, long c) {
        for (int i = 0; i < count; i += COUNT) {
            fromMemorySegment(F, ALL, (sums & USER) + 4L * i, LITTLE_ENDIAN)
                    .mul(alpha)
                    .add(0f)
                    .intoMemorySegment(ALL, (c & USER) + 4L * i, LITTLE_ENDIAN);
        }
    }

    private static void add(long sums, int count, float alpha, long c) {
        for (int i = 0; i < count; i += COUNT) {
            long out = (c & USER) + 4L * i;
            fromMemorySegment(F, ALL, out, LITTLE_ENDIAN)
                    .add(fromMemorySegment(F, ALL, (sums & USER) + 4L * i, LITTLE_ENDIAN)
                            .mul(alpha))
                    .intoMemorySegment(ALL, out, LITTLE_ENDIAN);
        }
    }
}
