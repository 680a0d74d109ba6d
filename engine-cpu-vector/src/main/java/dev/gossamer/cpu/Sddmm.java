package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
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

    private static void scale(MemorySegment c, int from, int to, float beta) {
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
        for (int lane = 0; lane < 16; lane += COUNT) {
            long skip = 4L * lane;
            if (tail == 0 && groups == 2) {
                dots2(colIdx, from, to, a, aAt + skip, b, bBase + skip, bStride, partials, skip);
            } else if (tail == 0 && groups == 4) {
                dots4(colIdx, from, to, a, aAt + skip, b, bBase + skip, bStride, partials, skip);
            } else {
                dotsAny(colIdx, from, to, a, aAt + skip, b, bBase + skip, bStride, groups, tail - lane, partials, skip);
            }
        }
    }

    private static void dots2(
            int[] colIdx,
            int from,
            int to,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bBase,
            long bStride,
            MemorySegment partials,
            long at) {
        FloatVector a0 = fromMemorySegment(F, a, aAt, LITTLE_ENDIAN);
        FloatVector a1 = fromMemorySegment(F, a, aAt + 64, LITTLE_ENDIAN);
        for (int p = from; p < to; p++) {
            long bAt = bBase + colIdx[p] * bStride;
            FloatVector sum = a0.fma(fromMemorySegment(F, b, bAt, LITTLE_ENDIAN), FloatVector.zero(F));
            a1.fma(fromMemorySegment(F, b, bAt + 64, LITTLE_ENDIAN), sum)
                    .intoMemorySegment(partials, at + (long) (p - from) * PARTIAL, LITTLE_ENDIAN);
        }
    }

    private static void dots4(
            int[] colIdx,
            int from,
            int to,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bBase,
            long bStride,
            MemorySegment partials,
            long at) {
        FloatVector a0 = fromMemorySegment(F, a, aAt, LITTLE_ENDIAN);
        FloatVector a1 = fromMemorySegment(F, a, aAt + 64, LITTLE_ENDIAN);
        FloatVector a2 = fromMemorySegment(F, a, aAt + 128, LITTLE_ENDIAN);
        FloatVector a3 = fromMemorySegment(F, a, aAt + 192, LITTLE_ENDIAN);
        for (int p = from; p < to; p++) {
            long bAt = bBase + colIdx[p] * bStride;
            FloatVector sum = a0.fma(fromMemorySegment(F, b, bAt, LITTLE_ENDIAN), FloatVector.zero(F));
            sum = a1.fma(fromMemorySegment(F, b, bAt + 64, LITTLE_ENDIAN), sum);
            sum = a2.fma(fromMemorySegment(F, b, bAt + 128, LITTLE_ENDIAN), sum);
            a3.fma(fromMemorySegment(F, b, bAt + 192, LITTLE_ENDIAN), sum)
                    .intoMemorySegment(partials, at + (long) (p - from) * PARTIAL, LITTLE_ENDIAN);
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

    /** {@code c[first + i] += alpha · tree(partials[i])}. */
    private static void reduce(MemorySegment partials, int count, float alpha, MemorySegment c, int first) {
        for (int i = 0; i < count; i++) {
            long at = (long) i * PARTIAL;
            FloatVector quarter = quarter(partials, at);
            quarter.intoMemorySegment(partials, at, LITTLE_ENDIAN);
        }
        for (int i = 0; i < count; i++) {
            long at = (long) i * PARTIAL;
            float even = partials.get(FLOAT, at) + partials.get(FLOAT, at + 8);
            float odd = partials.get(FLOAT, at + 4) + partials.get(FLOAT, at + 12);
            int p = first + i;
            c.setAtIndex(FLOAT, p, c.getAtIndex(FLOAT, p) + alpha * (even + odd));
        }
    }

    /** Lanes l + l+8, then l + l+4. */
    private static FloatVector quarter(MemorySegment partials, long at) {
        FloatVector low = load128(partials, at).add(load128(partials, at + 32));
        FloatVector high = load128(partials, at + 16).add(load128(partials, at + 48));
        return low.add(high);
    }

    private static FloatVector load128(MemorySegment segment, long offset) {
        return fromMemorySegment(FloatVector.SPECIES_128, segment, offset, LITTLE_ENDIAN);
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
