package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;

/** Dense products through cuBLAS: of row-major tensors, and of weights that are stored dense or dense-masked. */
final class Gemm {

    private Gemm() {}

    /** {@code C = alpha·op(A)·op(B) + beta·C}. */
    static void run(
            CudaWorkspace workspace,
            boolean transposeA,
            boolean transposeB,
            float alpha,
            CudaTensor a,
            CudaTensor b,
            float beta,
            CudaTensor c) {
        int depth = transposeA ? a.features : a.batch;
        product(workspace, transposeA, transposeB, depth, alpha, a.data(), a.ld, b.data(), b.ld, beta, c);
    }

    /** {@code Y = alpha·W·X + beta·Y}. */
    static void forward(CudaWorkspace workspace, float alpha, CudaValues w, CudaTensor x, float beta, CudaTensor y) {
        int cols = w.space.cols();
        product(workspace, false, false, cols, alpha, w.data(), cols, x.data(), x.ld, beta, y);
    }

    /** {@code GX = alpha·Wᵀ·GY + beta·GX}. */
    static void transposed(
            CudaWorkspace workspace, float alpha, CudaValues w, CudaTensor gy, float beta, CudaTensor gx) {
        product(workspace, true, false, w.space.rows(), alpha, w.data(), w.space.cols(), gy.data(), gy.ld, beta, gx);
    }

    /** {@code GW = alpha·GY·Xᵀ + beta·GW}, +0.0 outside the pattern. */
    static void weightGradient(
            CudaWorkspace workspace, float alpha, CudaTensor x, CudaTensor gy, float beta, CudaValues gw) {
        if (x.batch == 0) {
            Scaling.values(workspace, gw, beta);
            return;
        }
        int rows = gw.space.rows();
        int cols = gw.space.cols();
        workspace.stream()
                .cublas()
                .gemm(false, true, rows, cols, x.batch, alpha, gy.data(), gy.ld, x.data(), x.ld, beta, gw.data(), cols);
        Elementwise.clearOutside(workspace, gw);
    }

    private static void product(
            CudaWorkspace workspace,
            boolean transposeA,
            boolean transposeB,
            int depth,
            float alpha,
            DeviceBuffer a,
            int lda,
            DeviceBuffer b,
            int ldb,
            float beta,
            CudaTensor c) {
        if (c.batch == 0) {
            return;
        }
        if (depth == 0) {
            Scaling.tensor(workspace, c, beta);
            return;
        }
        workspace.stream()
                .cublas()
                .gemm(transposeA, transposeB, c.features, c.batch, depth, alpha, a, lda, b, ldb, beta, c.data(), c.ld);
    }
}
