package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaSpace.Storage;

/**
 * C = alpha·(A·Bᵀ restricted to the pattern) + beta·C, the weight gradient of a packed layer: cuSPARSE for packed values,
 * cuBLAS for the others.
 */
final class Sddmm {

    private Sddmm() {}

    static void run(CudaWorkspace workspace, float alpha, CudaTensor a, CudaTensor b, float beta, CudaValues c) {
        if (c.space.storage() != Storage.PACKED) {
            Gemm.weightGradient(workspace, alpha, b, a, beta, c);
            return;
        }
        if (a.batch == 0) {
            Scaling.values(workspace, c, beta);
            return;
        }
        if (c.space.nnz() == 0) {
            return;
        }
        if (beta == 0) {
            // cuSPARSE does not say that beta = 0 leaves the output unread, and 0 times a NaN is one.
            workspace.stream().zero(c.data());
        }
        workspace.stream()
                .cusparse()
                .sddmm(alpha, a.matrix(), b.matrix(), beta, c.space.plan().csr(), c.data());
    }
}
