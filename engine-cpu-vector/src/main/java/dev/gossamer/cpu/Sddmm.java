package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * C = alpha·(A·Bᵀ restricted to the pattern) + beta·C: the weight gradient of a packed layer.
 *
 * <p>Sum order, the same for every vector width and number of threads: columns in blocks of at most 64; in a block, column n
 * adds to virtual lane n mod 16 in ascending order; as long as two whole blocks are left, their lanes are added, lane by lane,
 * first; the 16 lanes are added as a tree (l + l+8, then l + l+4, then (0+2)+(1+3)); and these sums are added in order. Partial
 * vectors are stored and reduced by the group, see {@link LaneTree}.
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
        int parts = workspace.parts(2.0 * csr.colIdx.length * a.batch);
        MemorySegment partials = partials(workspace, parts);
        if (parts == 1) {
            rows(csr, 0, csr.rows, alpha, a, b, beta, c, partials, 0);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> rows(
                                    csr,
                                    csr.rowStart(part, of),
                                    csr.rowStart(part + 1, of),
                                    alpha,
                                    a,
                                    b,
                                    beta,
                                    c,
                                    partials,
                                    (long) part * GROUP * PARTIAL));
        }
    }

    /** Room for the partial sums of every part. */
    static MemorySegment partials(CpuWorkspace workspace, int parts) {
        return workspace.scratch(CpuWorkspace.Scratch.TILES, (long) parts * GROUP * PARTIAL);
    }

    /** Rows {@code from .. to - 1}: their nonzeros follow each other in memory and are grouped across rows. */
    private static void rows(
            PatternPlan.Csr csr,
            int from,
            int to,
            float alpha,
            CpuTensor a,
            CpuTensor b,
            float beta,
            CpuValues c,
            MemorySegment partials,
            long partialsAt) {
        int first = csr.rowPtr[from];
        int last = csr.rowPtr[to];
        if (beta != 0 || a.batch == 0) {
            scale(c.data, first, last, beta);
        }
        for (int column = 0; column < a.batch; ) {
            boolean pair = isPair(a, b, column);
            int columns = pair ? 2 * MAX_BLOCK : Math.min(Math.min(a.run(column), b.run(column)), MAX_BLOCK);
            columns = Math.min(columns, a.batch - column);
            boolean fresh = beta == 0 && column == 0;
            int row = from;
            for (int p = first; p < last; p += GROUP) {
                int end = Math.min(p + GROUP, last);
                while (csr.rowPtr[row + 1] <= p) {
                    row++;
                }
                if (pair) {
                    pairs(csr, row, p, end, a, b, column, partials, partialsAt);
                } else {
                    dots(csr, row, p, end, a, b, column, columns, partials, partialsAt);
                }
                LaneTree.sum(partials, partialsAt, end - p, alpha, c.data, p, fresh);
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

    /** Whether two whole blocks start at a column, in which case one tree ends both. */
    private static boolean isPair(CpuTensor a, CpuTensor b, int column) {
        return a.batch - column >= 2 * MAX_BLOCK && a.run(column) >= MAX_BLOCK && b.run(column) >= MAX_BLOCK;
    }

    /** As {@link #dots}, over two whole blocks. */
    private static void pairs(
            PatternPlan.Csr csr,
            int row,
            int from,
            int to,
            CpuTensor a,
            CpuTensor b,
            int column,
            MemorySegment partials,
            long partialsAt) {
        int aStep = Math.toIntExact(a.rowStride());
        int bStep = Math.toIntExact(b.rowStride());
        long aFrom = block(a, column);
        long bFrom = block(b, column);
        long aNext = block(a, column + MAX_BLOCK);
        long bNext = block(b, column + MAX_BLOCK);
        long sums = Raw.address(partials, partialsAt, (long) (to - from) * PARTIAL);
        for (int lane = 0; lane < PARTIAL; lane += BYTES) {
            dots8(
                    csr.rowPtr,
                    csr.colIdx,
                    row,
                    from,
                    to,
                    aFrom + lane,
                    aNext + lane,
                    aStep,
                    bFrom + lane,
                    bNext + lane,
                    bStep,
                    sums + lane);
        }
    }

    /** The address of a whole block of columns. */
    private static long block(CpuTensor t, int column) {
        return Raw.address(t.data, t.base(column), (t.features - 1) * t.rowStride() + (long) MAX_BLOCK * Float.BYTES);
    }

    /**
     * The 16-lane partial sums of entries {@code from .. to - 1}, the first of which lies in {@code row}: one pass per vector
     * of the 16 lanes (one of 16, two of 8 or four of 4 floats), so that the row's operand stays in registers.
     */
    private static void dots(
            PatternPlan.Csr csr,
            int row,
            int from,
            int to,
            CpuTensor a,
            CpuTensor b,
            int column,
            int columns,
            MemorySegment partials,
            long partialsAt) {
        // Where the padding is zero, whole groups of 16 may be read there.
        boolean zeros = a.endsInZeros() && b.endsInZeros();
        int groups = zeros ? (columns + 15) / 16 : columns / 16;
        int tail = zeros ? 0 : columns % 16;
        if (tail != 0 || groups == 3) {
            dotsAny(csr, row, from, to, a, b, column, groups, tail, partials, partialsAt);
            return;
        }
        long width = 64L * groups;
        long aFrom = Raw.address(a.data, a.base(column), (a.features - 1) * a.rowStride() + width);
        long bFrom = Raw.address(b.data, b.base(column), (b.features - 1) * b.rowStride() + width);
        long sums = Raw.address(partials, partialsAt, (long) (to - from) * PARTIAL);
        int aStep = Math.toIntExact(a.rowStride());
        int bStep = Math.toIntExact(b.rowStride());
        int[] rowPtr = csr.rowPtr;
        int[] colIdx = csr.colIdx;
        for (int lane = 0; lane < PARTIAL; lane += BYTES) {
            switch (groups) {
                case 1 -> dots1(rowPtr, colIdx, row, from, to, aFrom + lane, aStep, bFrom + lane, bStep, sums + lane);
                case 2 -> dots2(rowPtr, colIdx, row, from, to, aFrom + lane, aStep, bFrom + lane, bStep, sums + lane);
                default -> dots4(rowPtr, colIdx, row, from, to, aFrom + lane, aStep, bFrom + lane, bStep, sums + lane);
            }
        }
    }

    private static void dots1(
            int[] rowPtr,
            int[] colIdx,
            int first,
            int from,
            int to,
            long a,
            int aStep,
            long b,
            int bStep,
            long partials) {
        long input = b & USER;
        long step = bStep & INDEX;
        long output = partials & USER;
        int p = from;
        for (int row = first; p < to; row++) {
            long at = (a + (long) row * aStep) & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            int end = Math.min(rowPtr[row + 1], to);
            for (; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * step;
                FloatVector sum = a0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), FloatVector.zero(F));
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    private static void dots2(
            int[] rowPtr,
            int[] colIdx,
            int first,
            int from,
            int to,
            long a,
            int aStep,
            long b,
            int bStep,
            long partials) {
        long input = b & USER;
        long step = bStep & INDEX;
        long output = partials & USER;
        int p = from;
        for (int row = first; p < to; row++) {
            long at = (a + (long) row * aStep) & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector a1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            int end = Math.min(rowPtr[row + 1], to);
            for (; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * step;
                FloatVector sum = a0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), FloatVector.zero(F));
                sum = a1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    private static void dots4(
            int[] rowPtr,
            int[] colIdx,
            int first,
            int from,
            int to,
            long a,
            int aStep,
            long b,
            int bStep,
            long partials) {
        long input = b & USER;
        long step = bStep & INDEX;
        long output = partials & USER;
        int p = from;
        for (int row = first; p < to; row++) {
            long at = (a + (long) row * aStep) & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector a1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            FloatVector a2 = fromMemorySegment(F, ALL, at + 128, LITTLE_ENDIAN);
            FloatVector a3 = fromMemorySegment(F, ALL, at + 192, LITTLE_ENDIAN);
            int end = Math.min(rowPtr[row + 1], to);
            for (; p < end; p++) {
                long in = input + (colIdx[p] & INDEX) * step;
                FloatVector sum = a0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), FloatVector.zero(F));
                sum = a1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = a2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = a3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    /** Two blocks of 64 columns, a chain for each. */
    private static void dots8(
            int[] rowPtr,
            int[] colIdx,
            int first,
            int from,
            int to,
            long a,
            long aNext,
            int aStep,
            long b,
            long bNext,
            int bStep,
            long partials) {
        long input = b & USER;
        long inputNext = bNext & USER;
        long step = bStep & INDEX;
        long output = partials & USER;
        int p = from;
        for (int row = first; p < to; row++) {
            long at = (a + (long) row * aStep) & USER;
            long next = (aNext + (long) row * aStep) & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector a1 = fromMemorySegment(F, ALL, at + 64, LITTLE_ENDIAN);
            FloatVector a2 = fromMemorySegment(F, ALL, at + 128, LITTLE_ENDIAN);
            FloatVector a3 = fromMemorySegment(F, ALL, at + 192, LITTLE_ENDIAN);
            FloatVector a4 = fromMemorySegment(F, ALL, next, LITTLE_ENDIAN);
            FloatVector a5 = fromMemorySegment(F, ALL, next + 64, LITTLE_ENDIAN);
            FloatVector a6 = fromMemorySegment(F, ALL, next + 128, LITTLE_ENDIAN);
            FloatVector a7 = fromMemorySegment(F, ALL, next + 192, LITTLE_ENDIAN);
            int end = Math.min(rowPtr[row + 1], to);
            for (; p < end; p++) {
                long offset = (colIdx[p] & INDEX) * step;
                long in = input + offset;
                FloatVector sum = a0.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), FloatVector.zero(F));
                sum = a1.fma(fromMemorySegment(F, ALL, in + 64, LITTLE_ENDIAN), sum);
                sum = a2.fma(fromMemorySegment(F, ALL, in + 128, LITTLE_ENDIAN), sum);
                sum = a3.fma(fromMemorySegment(F, ALL, in + 192, LITTLE_ENDIAN), sum);
                long inNext = inputNext + offset;
                FloatVector more = a4.fma(fromMemorySegment(F, ALL, inNext, LITTLE_ENDIAN), FloatVector.zero(F));
                more = a5.fma(fromMemorySegment(F, ALL, inNext + 64, LITTLE_ENDIAN), more);
                more = a6.fma(fromMemorySegment(F, ALL, inNext + 128, LITTLE_ENDIAN), more);
                more = a7.fma(fromMemorySegment(F, ALL, inNext + 192, LITTLE_ENDIAN), more);
                sum = sum.add(more);
                sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
                output = (output + PARTIAL) & USER;
            }
        }
    }

    /** Any number of groups of 16 columns, and {@code tail} columns of one more. */
    private static void dotsAny(
            PatternPlan.Csr csr,
            int first,
            int from,
            int to,
            CpuTensor a,
            CpuTensor b,
            int column,
            int groups,
            int tail,
            MemorySegment partials,
            long partialsAt) {
        long width = 64L * groups;
        long aFrom = Raw.address(a.data, a.base(column), (a.features - 1) * a.rowStride() + width);
        long bFrom = Raw.address(b.data, b.base(column), (b.features - 1) * b.rowStride() + width);
        long sums = Raw.address(partials, partialsAt, (long) (to - from) * PARTIAL);
        int row = first;
        for (int p = from; p < to; p++) {
            while (csr.rowPtr[row + 1] <= p) {
                row++;
            }
            long left = aFrom + row * a.rowStride();
            long right = bFrom + csr.colIdx[p] * b.rowStride();
            long at = (long) (p - from) * PARTIAL;
            for (int lane = 0; lane < PARTIAL; lane += BYTES) {
                dot(left + lane, right + lane, groups, sums + at + lane);
            }
            for (int lane = 0; lane < tail; lane += COUNT) {
                addDot(
                        a.data,
                        a.offset(row, column) + width + 4L * lane,
                        b.data,
                        b.offset(csr.colIdx[p], column) + width + 4L * lane,
                        tail - lane,
                        partials,
                        partialsAt + at + 4L * lane);
            }
        }
    }

    /** One vector of lanes. */
    private static void dot(long a, long b, int groups, long to) {
        long aAt = a & USER;
        long bAt = b & USER;
        FloatVector sum = FloatVector.zero(F);
        for (int group = 0; group < groups; group++) {
            sum = fromMemorySegment(F, ALL, aAt + 64L * group, LITTLE_ENDIAN)
                    .fma(fromMemorySegment(F, ALL, bAt + 64L * group, LITTLE_ENDIAN), sum);
        }
        sum.intoMemorySegment(ALL, to & USER, LITTLE_ENDIAN);
    }

    // Masked accesses are to checked segments, not to all of memory: on a processor without masked loads C2 reads whole
    // vectors as long as these lie in the segment.

    private static void addDot(
            MemorySegment a, long aAt, MemorySegment b, long bAt, int count, MemorySegment partials, long at) {
        first(a, aAt, count)
                .fma(first(b, bAt, count), fromMemorySegment(F, partials, at, LITTLE_ENDIAN))
                .intoMemorySegment(partials, at, LITTLE_ENDIAN);
    }

    /** Rows of a tensor summed over the batch in the order above: {@code out[row] += Σ_n t[row, n]}, or = where fresh. */
    static void rowSums(CpuTensor t, MemorySegment partials, MemorySegment out, boolean fresh) {
        int end;
        for (int column = 0; column < t.batch; column = end) {
            end = Math.min(column + Math.min(t.run(column), MAX_BLOCK), t.batch);
            int tail = t.endsInZeros() ? 0 : (end - column) % 16;
            int groups = (end - column - tail + 15) / 16;
            for (int row = 0; row < t.features; row += GROUP) {
                int rows = Math.min(GROUP, t.features - row);
                for (int lane = 0; lane < 16; lane += COUNT) {
                    laneSums(t, row, rows, column, lane, groups, tail - lane, partials);
                }
                LaneTree.sum(partials, 0, rows, 1, out, row, fresh && column == 0);
            }
        }
    }

    private static void laneSums(
            CpuTensor t, int row, int rows, int column, int lane, int groups, int left, MemorySegment partials) {
        long from = t.offset(row, column) + 4L * lane;
        long width = 64L * groups;
        if (groups > 0) {
            long input = Raw.address(t.data, from, (rows - 1) * t.rowStride() + width - 4L * lane);
            sums(
                    input,
                    Math.toIntExact(t.rowStride()),
                    groups,
                    rows,
                    Raw.address(partials, 4L * lane, (long) rows * PARTIAL - 4L * lane));
        }
        if (left > 0 || groups == 0) {
            for (int i = 0; i < rows; i++) {
                addFirst(
                        t.data,
                        from + i * t.rowStride() + width,
                        left,
                        partials,
                        (long) i * PARTIAL + 4L * lane,
                        groups > 0);
            }
        }
    }

    private static void sums(long input, int stride, int groups, int rows, long partials) {
        long output = partials & USER;
        for (int i = 0; i < rows; i++) {
            long at = (input + (long) i * stride) & USER;
            FloatVector sum = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN).add(0f);
            for (int group = 1; group < groups; group++) {
                at = (at + PARTIAL) & USER;
                sum = sum.add(fromMemorySegment(F, ALL, at, LITTLE_ENDIAN));
            }
            sum.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            output = (output + PARTIAL) & USER;
        }
    }

    private static void addFirst(MemorySegment t, long at, int left, MemorySegment partials, long to, boolean more) {
        if (!more) {
            FloatVector.zero(F).intoMemorySegment(partials, to, LITTLE_ENDIAN);
        }
        fromMemorySegment(F, partials, to, LITTLE_ENDIAN)
                .add(first(t, at, left))
                .intoMemorySegment(partials, to, LITTLE_ENDIAN);
    }

    /** The first {@code count} lanes, +0.0 behind; none if the count is not positive. */
    private static FloatVector first(MemorySegment segment, long offset, int count) {
        return fromMemorySegment(F, segment, offset, LITTLE_ENDIAN, F.indexInRange(0, Math.max(0, count)));
    }
}
