package dev.gossamer.cpu;

import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * y = alpha·A·x + beta·y, rows in memory order. One chain per row, or four, would wait for the adder: four entries are a
 * vector of 128 bits at every vector width, and such vectors add to two vectors of sums by turns. Columns are read as 16-bit
 * numbers where they fit: C2 then knows that four times a column is small, and makes it part of the load's address instead of
 * a sum and a mask of its own.
 */
final class Spmv {

    private static final VectorSpecies<Float> QUAD = FloatVector.SPECIES_128;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfChar COLUMN = ValueLayout.JAVA_CHAR_UNALIGNED;
    private static final ValueLayout.OfInt COLUMNS = ValueLayout.JAVA_INT_UNALIGNED;

    /** Entries a row, on average, from which {@link #longRows} is faster. */
    private static final int LONG = 32;

    private Spmv() {}

    static void run(CpuWorkspace workspace, float alpha, CpuValues a, CpuTensor x, float beta, CpuTensor y) {
        if (a.space.storage() != CpuSpace.Storage.PACKED) {
            DenseProduct.forward(workspace, alpha, a, x, beta, y);
            return;
        }
        PatternPlan.Csr csr = a.space.plan().csr;
        MemorySegment products =
                beta == 0 ? y.data : workspace.scratch(CpuWorkspace.Scratch.VALUES, Math.max(1, 4L * csr.rows));
        int parts = workspace.parts(2.0 * csr.colIdx.length);
        if (parts == 1) {
            rows(csr, 0, csr.rows, alpha, a.data, x.data, beta, y.data, products);
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
                                    a.data,
                                    x.data,
                                    beta,
                                    y.data,
                                    products));
        }
    }

    private static void rows(
            PatternPlan.Csr csr,
            int from,
            int to,
            float alpha,
            MemorySegment a,
            MemorySegment x,
            float beta,
            MemorySegment y,
            MemorySegment products) {
        long weights = Raw.address(a, 0, 4L * csr.colIdx.length);
        long input = Raw.address(x, 0, 4L * csr.cols);
        long output = Raw.address(products, 0, 4L * csr.rows);
        if (csr.cols > PatternPlan.Csr.NARROW) {
            wide(csr.rowPtr, csr.colIdx, from, to, alpha, weights, input, output);
        } else {
            narrow(csr, from, to, alpha, weights, input, output);
        }
        if (beta != 0) {
            add(output, from, to, beta, Raw.address(y, 0, 4L * csr.rows));
        }
    }

    private static void narrow(PatternPlan.Csr csr, int from, int to, float alpha, long a, long x, long y) {
        MemorySegment segment = csr.narrow();
        long columns = Raw.address(segment, 0, 2L * csr.colIdx.length);
        try {
            if (ORDER == ByteOrder.LITTLE_ENDIAN && csr.colIdx.length >= (long) LONG * csr.rows) {
                longRows(csr.rowPtr, from, to, columns, alpha, a, x, y);
            } else {
                shortRows(csr.rowPtr, from, to, columns, alpha, a, x, y);
            }
        } finally {
            Reference.reachabilityFence(segment);
        }
    }

    /**
     * y = beta·y + products, apart from the kernels: within them, once beta had been other than 0, C2 made code in which short
     * rows took two to three times as long.
     */
    private static void add(long products, int from, int to, float beta, long y) {
        for (int row = from; row < to; row++) {
            ALL.set(
                    UNCHECKED,
                    (y & USER) + 4L * (row & INDEX),
                    Math.fma(beta, at(y & USER, row), at(products & USER, row)));
        }
    }

    private static void shortRows(int[] rowPtr, int from, int to, long columns, float alpha, long a, long x, long y) {
        long input = x & USER;
        int start = rowPtr[from];
        for (int row = from; row < to; row++) {
            int end = rowPtr[row + 1];
            int length = (end - start) & PatternPlan.Csr.LENGTH;
            long w = (a + 4L * start) & USER;
            long i = (columns + 2L * start) & USER;
            start = end;
            FloatVector other = FloatVector.zero(QUAD);
            FloatVector last = other;
            int q = 0;
            for (; q < length - 3; q += 4) {
                long c = i + 2L * q;
                FloatVector quad = FloatVector.broadcast(QUAD, at(input, ALL.get(COLUMN, c)))
                        .withLane(1, at(input, ALL.get(COLUMN, c + 2)))
                        .withLane(2, at(input, ALL.get(COLUMN, c + 4)))
                        .withLane(3, at(input, ALL.get(COLUMN, c + 6)));
                FloatVector next = FloatVector.fromMemorySegment(QUAD, ALL, w + 4L * q, ORDER)
                        .fma(quad, other);
                other = last;
                last = next;
            }
            int rest = length & 3;
            float sum = 0;
            if (length > 3) {
                FloatVector sums = other.add(last);
                sum = (sums.lane(0) + sums.lane(1)) + (sums.lane(2) + sums.lane(3));
            }
            if (rest > 0) {
                long u = w + 4L * q;
                long c = i + 2L * q;
                sum = Math.fma(ALL.get(UNCHECKED, u), at(input, ALL.get(COLUMN, c)), sum);
                if (rest > 1) {
                    sum = Math.fma(ALL.get(UNCHECKED, u + 4), at(input, ALL.get(COLUMN, c + 2)), sum);
                    if (rest > 2) {
                        sum = Math.fma(ALL.get(UNCHECKED, u + 8), at(input, ALL.get(COLUMN, c + 4)), sum);
                    }
                }
            }
            ALL.set(UNCHECKED, (y & USER) + 4L * (row & INDEX), alpha * sum);
        }
    }

    /** The same, two columns by one load: less to load, more to keep in registers from row to row. */
    private static void longRows(int[] rowPtr, int from, int to, long columns, float alpha, long a, long x, long y) {
        long input = x & USER;
        int start = rowPtr[from];
        for (int row = from; row < to; row++) {
            int end = rowPtr[row + 1];
            int length = (end - start) & PatternPlan.Csr.LENGTH;
            long w = (a + 4L * start) & USER;
            long i = (columns + 2L * start) & USER;
            start = end;
            FloatVector other = FloatVector.zero(QUAD);
            FloatVector last = other;
            int q = 0;
            for (; q < length - 3; q += 4) {
                long c = i + 2L * q;
                int low = ALL.get(COLUMNS, c);
                int high = ALL.get(COLUMNS, c + 4);
                FloatVector quad = FloatVector.broadcast(QUAD, at(input, (long) (low & 0xFFFF)))
                        .withLane(1, at(input, (long) (low >>> 16)))
                        .withLane(2, at(input, (long) (high & 0xFFFF)))
                        .withLane(3, at(input, (long) (high >>> 16)));
                FloatVector next = FloatVector.fromMemorySegment(QUAD, ALL, w + 4L * q, ORDER)
                        .fma(quad, other);
                other = last;
                last = next;
            }
            int rest = length & 3;
            float sum = 0;
            if (length > 3) {
                FloatVector sums = other.add(last);
                sum = (sums.lane(0) + sums.lane(1)) + (sums.lane(2) + sums.lane(3));
            }
            if (rest > 0) {
                long u = w + 4L * q;
                long c = i + 2L * q;
                sum = Math.fma(ALL.get(UNCHECKED, u), at(input, ALL.get(COLUMN, c)), sum);
                if (rest > 1) {
                    sum = Math.fma(ALL.get(UNCHECKED, u + 4), at(input, ALL.get(COLUMN, c + 2)), sum);
                    if (rest > 2) {
                        sum = Math.fma(ALL.get(UNCHECKED, u + 8), at(input, ALL.get(COLUMN, c + 4)), sum);
                    }
                }
            }
            ALL.set(UNCHECKED, (y & USER) + 4L * (row & INDEX), alpha * sum);
        }
    }

    /** The same with columns of 32 bits. */
    private static void wide(int[] rowPtr, int[] colIdx, int from, int to, float alpha, long a, long x, long y) {
        long input = x & USER;
        for (int row = from; row < to; row++) {
            int end = rowPtr[row + 1];
            int p = rowPtr[row];
            FloatVector other = FloatVector.zero(QUAD);
            FloatVector last = other;
            for (; p < end - 3; p += 4) {
                FloatVector quad = FloatVector.broadcast(QUAD, at(input, colIdx[p]))
                        .withLane(1, at(input, colIdx[p + 1]))
                        .withLane(2, at(input, colIdx[p + 2]))
                        .withLane(3, at(input, colIdx[p + 3]));
                FloatVector next = FloatVector.fromMemorySegment(QUAD, ALL, (a & USER) + 4L * (p & INDEX), ORDER)
                        .fma(quad, other);
                other = last;
                last = next;
            }
            FloatVector sums = other.add(last);
            float sum = (sums.lane(0) + sums.lane(1)) + (sums.lane(2) + sums.lane(3));
            for (; p < end; p++) {
                sum = Math.fma(at(a & USER, p), at(input, colIdx[p]), sum);
            }
            ALL.set(UNCHECKED, (y & USER) + 4L * (row & INDEX), alpha * sum);
        }
    }

    private static float at(long address, int index) {
        return ALL.get(UNCHECKED, address + 4L * (index & INDEX));
    }

    private static float at(long address, long index) {
        return ALL.get(UNCHECKED, address + 4 * index);
    }
}
