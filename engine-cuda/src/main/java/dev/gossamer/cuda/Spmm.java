package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.cuda.device.Cusparse.Csr;
import dev.gossamer.cuda.device.DeviceBuffer;

/** C = alpha·A·B + beta·C and its transposed form: cuSPARSE for packed values, cuBLAS for the others. */
final class Spmm {

    private static final int BLOCK = 256;

    private Spmm() {}

    static void run(CudaWorkspace workspace, float alpha, CudaValues a, CudaTensor b, float beta, CudaTensor c) {
        if (a.space.storage() != Storage.PACKED) {
            Gemm.forward(workspace, alpha, a, b, beta, c);
        } else if (a.space.nnz() == 0) {
            Scaling.tensor(workspace, c, beta);
        } else {
            packed(workspace, alpha, a.space.plan().csr(), a.data(), b, beta, c);
        }
    }

    static void runTransposed(
            CudaWorkspace workspace, float alpha, CudaValues a, CudaTensor b, float beta, CudaTensor c) {
        if (a.space.storage() != Storage.PACKED) {
            Gemm.transposed(workspace, alpha, a, b, beta, c);
        } else if (a.space.nnz() == 0) {
            Scaling.tensor(workspace, c, beta);
        } else {
            PatternPlan.Transposed transposed = a.space.plan().transposed();
            packed(workspace, alpha, transposed.csr(), permuted(workspace, a, transposed), b, beta, c);
        }
    }

    private static void packed(
            CudaWorkspace workspace,
            float alpha,
            Csr csr,
            DeviceBuffer values,
            CudaTensor b,
            float beta,
            CudaTensor c) {
        if (c.batch > 0) {
            int algorithm = workspace.tuning().spmmAlgorithm();
            workspace.stream().cusparse().spmm(algorithm, alpha, csr, values, b.matrix(), beta, c.matrix());
        }
    }

    /** A's values in the order of the transpose. */
    private static DeviceBuffer permuted(CudaWorkspace workspace, CudaValues a, PatternPlan.Transposed transposed) {
        long nnz = a.space.nnz();
        DeviceBuffer scratch = workspace.scratch(CudaWorkspace.Scratch.VALUES, nnz * Float.BYTES);
        workspace
                .launch()
                .kernel("spmm_permute")
                .p(a.data())
                .p(transposed.permutation())
                .l(nnz)
                .p(scratch)
                .grid1d(nnz, BLOCK);
        return scratch;
    }
}
