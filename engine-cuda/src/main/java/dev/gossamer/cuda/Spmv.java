package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.engine.Epilogue;

/** y = alpha·A·x + beta·y: our kernel or cuSPARSE for packed values, cuBLAS for the others. */
final class Spmv {

    private Spmv() {}

    static void run(CudaWorkspace workspace, float alpha, CudaValues a, CudaTensor x, float beta, CudaTensor y) {
        if (a.space.storage() != Storage.PACKED) {
            Gemm.forward(workspace, alpha, a, x, beta, y);
        } else if (a.space.nnz() == 0) {
            Scaling.tensor(workspace, y, beta);
        } else if (workspace.tuning().ownSpmm(a.space.plan().pattern()) || a.space.cols() == 1) {
            // SpMV's CSR_ALG2 is wrong for a single column before cuSPARSE 13 (NVIDIA/cuopt pull request 1856).
            Spmm.run(workspace, alpha, a, x, beta, y, Epilogue.NONE);
        } else {
            workspace.stream()
                    .cusparse()
                    .spmv(
                            workspace.tuning().spmvAlgorithm(),
                            alpha,
                            a.space.plan().csr(),
                            a.data(),
                            x.data(),
                            beta,
                            y.data());
        }
    }
}
