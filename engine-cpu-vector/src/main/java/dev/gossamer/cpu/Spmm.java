package dev.gossamer.cpu;

import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;

import dev.gossamer.cpu.PatternPlan.Csr;
import dev.gossamer.cpu.SpmmKernels.Operands;
import java.lang.foreign.MemorySegment;

/** C = alpha·A·B + beta·C and its transposed form, over columns cut into strips that suit both operands' layout. */
final class Spmm {

    private Spmm() {}

    static void run(CpuWorkspace workspace, float alpha, CpuValues a, CpuTensor b, float beta, CpuTensor c) {
        if (a.space.storage() != CpuSpace.Storage.PACKED) {
            DenseProduct.forward(workspace, alpha, a, b, beta, c);
            return;
        }
        packed(workspace, a.space.plan().csr, a.scaled(workspace, alpha), b, beta, c);
    }

    static void runTransposed(CpuWorkspace workspace, float alpha, CpuValues a, CpuTensor b, float beta, CpuTensor c) {
        if (a.space.storage() != CpuSpace.Storage.PACKED) {
            DenseProduct.transposed(workspace, alpha, a, b, beta, c);
            return;
        }
        PatternPlan.Transposed transposed = a.space.plan().transposed();
        MemorySegment values = permuted(workspace, alpha, a, transposed.permutation());
        packed(workspace, transposed.csr(), values, b, beta, c);
    }

    static void packed(CpuWorkspace workspace, Csr csr, MemorySegment values, CpuTensor b, float beta, CpuTensor c) {
        Operands io = workspace.spmmOperands().set(values, b, c);
        int parts = workspace.parts(2.0 * csr.entries() * c.batch);
        if (parts == 1) {
            rows(csr, 0, csr.rows, io, b, beta, c);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) ->
                                    rows(csr, csr.rowStart(part, of), csr.rowStart(part + 1, of), io, b, beta, c));
        }
        c.clearTail();
    }

    private static void rows(Csr csr, int from, int to, Operands io, CpuTensor b, float beta, CpuTensor c) {
        int column = 0;
        while (column < c.batch) {
            int vectors = Strips.vectors(b, c, column);
            if (vectors == 0) {
                SpmmKernels.tail(c.batch - column, csr, from, to, io, b.base(column), c.base(column), beta);
                return;
            }
            SpmmKernels.strip(vectors, csr, from, to, io, b.base(column), c.base(column), beta);
            column += vectors * Lanes.COUNT;
        }
    }

    /** alpha·A's values in the order of the transpose. */
    static MemorySegment permuted(CpuWorkspace workspace, float alpha, CpuValues a, int[] permutation) {
        MemorySegment scratch = workspace.scratch(CpuWorkspace.Scratch.VALUES, a.data.byteSize());
        long bytes = (long) permutation.length * Float.BYTES;
        permute(permutation, alpha, Raw.address(a.data, 0, bytes), Raw.address(scratch, 0, bytes));
        return scratch;
    }

    private static void permute(int[] permutation, float alpha, long from, long to) {
        for (int p = 0; p < permutation.length; p++) {
            float value = ALL.get(UNCHECKED, (from & USER) + 4L * (permutation[p] & INDEX));
            ALL.set(UNCHECKED, (to & USER) + 4L * p, alpha * value);
        }
    }
}
