package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.SPECIES_128;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * C = alpha·(A·Bᵀ restricted to the pattern) + beta·C: the weight gradient of a packed layer.
 *
 * <p>Sum order, the same for every vector width and number of threads: columns in blocks of at most 64; in a block, column n
 * adds to virtual lane n mod 16 in ascending order; the 16 lanes are added as a tree (l + l+8, then l + l+4, then (0+2)+(1+3));
 * blocks are added in order. A row's partial vectors are stored and reduced together: a reduction per dot product costs more
 * than the product, and the Vector API's own has no fixed order.
 */
final class Sddmm {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Bytes of one partial sum of 16 lanes. */
    private static final int PARTIAL = 64;

    /** Nonzeros reduced together: 8 KiB of partial sums. */
    private static final int GROUP = 128;

    private static final int MAX_BLOCK = 64;

    private Sddmm() {}

    static void run(CpuWorkspace workspace, float alpha, CpuTensor a, CpuTensor b, float beta, CpuValues c) {
        if (c.space.storage() != CpuSpace.Storage.PACKED) {
            DenseProduct.weightGradient(workspace, alpha, b, a, beta, c);
            return;
        }
        PatternPlan.Csr csr = c.space.plan().csr;
        SparsityPattern pattern = c.space.plan().pattern;
        int parts = workspace.parts(2.0 * pattern.nnz() * a.batch);
        MemorySegment partials = workspace.scratch(CpuWorkspace.Scratch.TILES, (long) parts * GROUP * PARTIAL);
        if (parts == 1) {
            rows(csr, 0, csr.rows, alpha, a, b, beta, c, partials);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> rows(
                                    csr,
                                    csr.partStart(part, of),
                                    csr.partStart(part + 1, of),
                                    alpha,
                                    a,
                                    b,
                                    beta,
                                    c,
                                    partials.asSlice((long) part * GROUP * PARTIAL, (long) GROUP * PARTIAL)));
        }
    }

    private static void rows(
            PatternPlan.Csr csr,
            int from,
            int to,
            float alpha,
            CpuTensor a,
            CpuTensor b,
            float beta,
            CpuValues c,
            MemorySegment partials) {
        for (int index = from; index < to; index++) {
            int row = csr.order[index];
            scale(c.data, csr.rowPtr[row], csr.rowPtr[row + 1], beta);
        }
        for (int column = 0; column < a.batch; ) {
            int columns = Math.min(Math.min(a.run(column), b.run(column)), Math.min(MAX_BLOCK, a.batch - column));
            // Where the padding is zero, whole groups of 16 may be read there.
            boolean zeros = a.endsInZeros() && b.endsInZeros();
            int groups = zeros ? (columns + 15) / 16 : columns / 16;
            int tail = zeros ? 0 : columns % 16;
            for (int index = from; index < to; index++) {
                int row = csr.order[index];
                long aAt = a.offset(row, column);
                for (int p = csr.rowPtr[row]; p < csr.rowPtr[row + 1]; p += GROUP) {
                    int end = Math.min(p + GROUP, csr.rowPtr[row + 1]);
                    dots(
                            csr.colIdx,
                            p,
                            end,
                            a.data,
                            aAt,
                            b.data,
                            b.base(column),
                            b.rowStride(),
                            groups,
                            tail,
                            partials);
                    reduce(partials, end - p, alpha, c.data, p);
                }
            }
            column += columns;
        }
    }

    /** {@code c = beta·c} on positions {@code from .. to - 1}; beta = 0 clears without reading. */
    static void scale(MemorySegment c, int from, int to, float beta) {
        for (int p = from; p < to; p++) {
            c.setAtIndex(FLOAT, p, beta == 0 ? 0f : beta * c.getAtIndex(FLOAT, p));
        }
    }

    /**
     * The 16-lane partial sums of entries {@code from .. to} of one row: one pass per vector of the 16 lanes (one of 16, two
     * of 8 or four of 4 floats), so that the row's operand stays in registers.
     */
    private static void dots(
            int[] colIdx,
            int from,
            int to,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bBase,
            long bStride,
            int groups,
            int tail,
            MemorySegment partials) {
        if (tail != 0 || groups == 3) {
            for (int lane = 0; lane < 16; lane += COUNT) {
                long skip = 4L * lane;
                dotsAny(colIdx, from, to, a, aAt + skip, b, bBase + skip, bStride, groups, tail - lane, partials, skip);
            }
            return;
        }
        long width = 64L * groups;
        long aAddress = Raw.address(a, aAt, width);
        long bAddress = Raw.address(b, bBase, (long) lastColumn(colIdx, from, to) * bStride + width);
        long partialsAddress = Raw.address(partials, 0, (long) (to - from) * PARTIAL);
        int stride = Math.toIntExact(bStride);
        for (int lane = 0; lane < PARTIAL; lane += BYTES) {
            switch (groups) {
                case 1 -> dots1(colIdx, from, to, aAddress + lane, bAddress + lane, stride, partialsAddress + lane);
                case 2 -> dots2(colIdx, from, to, aAddress + lane, bAddress + lane, stride, partialsAddress + lane);
                default -> dots4(colIdx, from, to, aAddress + lane, bAddress + lane, stride, partialsAddress + lane);
            }
        }
    }

    /** Columns ascend within a row. */
    private static int lastColumn(int[] colIdx, int from, int to) {
        return from == to ? 0 : colIdx[to - 1];
    }

    private static void dots1(int[] colIdx, int from, int to, long a, long b, int stride, long partials) {
        long input = b & USER;
        long step = stride & INDEX;
        long output = partials & USER;
        FloatVector a0 = fromMemorySegment(F, ALL, a & USER, LITTLE_ENDIAN);
        for (int p = from; p < to; p++) {
            long in = input + (colIdx[p] & INDEX) * step;
            FloatVector sum = a0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), FloatVector.zero(F));
            sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            output += PARTIAL;
        }
    }

    private static void dots2(int[] colIdx, int from, int to, long a, long b, int stride, long partials) {
        long input = b & USER;
        long step = stride & INDEX;
        long output = partials & USER;
        FloatVector a0 = fromMemorySegment(F, ALL, a & USER, LITTLE_ENDIAN);
        FloatVector a1 = fromMemorySegment(F, ALL, (a & USER) + 64, LITTLE_ENDIAN);
        for (int p = from; p < to; p++) {
            long in = input + (colIdx[p] & INDEX) * step;
            FloatVector sum = a0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), FloatVector.zero(F));
            sum = a1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
            sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            output += PARTIAL;
        }
    }

    private static void dots4(int[] colIdx, int from, int to, long a, long b, int stride, long partials) {
        long input = b & USER;
        long step = stride & INDEX;
        long output = partials & USER;
        FloatVector a0 = fromMemorySegment(F, ALL, a & USER, LITTLE_ENDIAN);
        FloatVector a1 = fromMemorySegment(F, ALL, (a & USER) + 64, LITTLE_ENDIAN);
        FloatVector a2 = fromMemorySegment(F, ALL, (a & USER) + 128, LITTLE_ENDIAN);
        FloatVector a3 = fromMemorySegment(F, ALL, (a & USER) + 192, LITTLE_ENDIAN);
        for (int p = from; p < to; p++) {
            long in = input + (colIdx[p] & INDEX) * step;
            FloatVector sum = a0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), FloatVector.zero(F));
            sum = a1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
            sum = a2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
            sum = a3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
            sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            output += PARTIAL;
        }
    }

    /** Any number of groups, and {@code left} columns of one more that reach this vector (none if not positive). */
    private static void dotsAny(
            int[] colIdx,
            int from,
            int to,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bBase,
            long bStride,
            int groups,
            int left,
            MemorySegment partials,
            long at) {
        for (int p = from; p < to; p++) {
            long bAt = bBase + colIdx[p] * bStride;
            FloatVector sum = FloatVector.zero(F);
            for (int group = 0; group < groups; group++) {
                sum = fromMemorySegment(F, a, aAt + 64L * group, LITTLE_ENDIAN)
                        .fma(fromMemorySegment(F, b, bAt + 64L * group, LITTLE_ENDIAN), sum);
            }
            if (left > 0) {
                sum = first(a, aAt + 64L * groups, left).fma(first(b, bAt + 64L * groups, left), sum);
            }
            sum.intoMemorySegment(partials, at + (long) (p - from) * PARTIAL, LITTLE_ENDIAN);
        }
    }

    /** {@code c[first + i] += alpha · tree(partials[i])}: lanes l + l+8, then l + l+4, then (0+2) + (1+3). */
    private static void reduce(MemorySegment partials, int count, float alpha, MemorySegment c, int first) {
        long from = Raw.address(partials, 0, (long) count * PARTIAL);
        quarters(from, count);
        long to = Raw.address(c, 4L * first, 4L * count);
        for (int i = 0; i < count; i++) {
            long at = (from & USER) + (long) i * PARTIAL;
            float even = ALL.get(UNCHECKED, at) + ALL.get(UNCHECKED, at + 8);
            float odd = ALL.get(UNCHECKED, at + 4) + ALL.get(UNCHECKED, at + 12);
            long out = (to & USER) + 4L * i;
            ALL.set(UNCHECKED, out, ALL.get(UNCHECKED, out) + alpha * (even + odd));
        }
    }

    private static void quarters(long partials, int count) {
        for (int i = 0; i < count; i++) {
            long at = (partials & USER) + (long) i * PARTIAL;
            FloatVector low = fromMemorySegment(SPECIES_128, ALL, at, LITTLE_ENDIAN)
                    .add(fromMemorySegment(SPECIES_128, ALL, at + 32, LITTLE_ENDIAN));
            FloatVector high = fromMemorySegment(SPECIES_128, ALL, at + 16, LITTLE_ENDIAN)
                    .add(fromMemorySegment(SPECIES_128, ALL, at + 48, LITTLE_ENDIAN));
            low.add(high).intoMemorySegment(ALL, at, LITTLE_ENDIAN);
        }
    }

    /** Rows of a tensor summed over the batch in the order above: {@code out[row] += Σ_n t[row, n]}. */
    static void rowSums(CpuTensor t, MemorySegment partials, MemorySegment out) {
        for (int row = 0; row < t.features; row++) {
            for (int column = 0; column < t.batch; column += MAX_BLOCK) {
                rowSum(t, row, column, partials);
                reduce(partials, 1, 1, out, row);
            }
        }
    }

    private static void rowSum(CpuTensor t, int row, int column, MemorySegment partials) {
        int end = Math.min(column + MAX_BLOCK, t.batch);
        int whole = t.endsInZeros() ? end : end - (end - column) % 16;
        for (int lane = 0; lane < 16; lane += COUNT) {
            long at = t.offset(row, column) + 4L * lane;
            FloatVector sum = FloatVector.zero(F);
            for (int n = column; n < whole; n += 16) {
                sum = sum.add(fromMemorySegment(F, t.data, at, LITTLE_ENDIAN));
                at += 64;
            }
            sum.intoMemorySegment(partials, 4L * lane, LITTLE_ENDIAN);
            if (end - whole > lane) {
                fromMemorySegment(F, partials, 4L * lane, LITTLE_ENDIAN)
                        .add(first(t.data, at, end - whole - lane))
                        .intoMemorySegment(partials, 4L * lane, LITTLE_ENDIAN);
            }
        }
    }

    /** The first {@code count} lanes, +0.0 behind; none if the count is not positive. */
    private static FloatVector first(MemorySegment segment, long offset, int count) {
        return fromMemorySegment(F, segment, offset, LITTLE_ENDIAN, F.indexInRange(0, Math.max(0, count)));
    }
}
