package dev.gossamer.cuda.device;

import java.lang.foreign.Arena;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** cuBLAS on one stream, for row-major matrices. One handle and one stream: the same call gives the same bits. */
public final class Cublas implements AutoCloseable {

    private final Live live;
    private final Stream stream;
    private final cublasHandle handle = new cublasHandle();
    private final Arena arena = Arena.ofShared();
    private final Scalars scalars = new Scalars(arena, 0, 0);
    private @Nullable DeviceBuffer workspace;

    Cublas(Stream stream) {
        this.stream = stream;
        CudaDevice device = stream.device();
        this.live = device.live();
        int status = device.open(
                "cuBLAS",
                stream.handle(),
                cublasStatus.CUBLAS_STATUS_ALLOC_FAILED,
                cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED,
                () -> JCublas2.cublasCreate(handle));
        Check.cublas(status, "opening");
        live.handles(1);
        try {
            Check.cublas(JCublas2.cublasSetStream(handle, new cudaStream_t(stream.handle())), "choosing the stream");
            int math = device.tf32() ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH;
            Check.cublas(JCublas2.cublasSetMathMode(handle, math), "choosing the arithmetic");
            giveWorkspace();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Memory that cuBLAS works in, after the stream was chosen, which takes it away again. Its own would be allocated within
     * captured steps, by the graph and for each of them.
     */
    private void giveWorkspace() {
        DeviceBuffer made = stream.allocate(stream.device().cublasWorkspaceBytes(), "cuBLAS to work in");
        workspace = made;
        Check.cublas(
                JCublas2.cublasSetWorkspace(handle, made.pointer(), made.sizeBytes()), "giving it memory to work in");
    }

    /**
     * {@code C = alpha·op(A)·op(B) + beta·C}, row-major, each row {@code ld} floats after the last; op(A) is m×k, op(B) is k×n.
     * beta = 0 means C is not read. m, n and k are at least 1.
     */
    public void gemm(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            DeviceBuffer a,
            int lda,
            DeviceBuffer b,
            int ldb,
            float beta,
            DeviceBuffer c,
            int ldc) {
        scalars.set(alpha, beta);
        // cuBLAS reads row-major matrices as their transposes: Cᵀ = op(B)ᵀ·op(A)ᵀ.
        int status = JCublas2.cublasSgemm(
                handle,
                operation(transposeB),
                operation(transposeA),
                n,
                m,
                k,
                scalars.alpha,
                b.pointer(),
                ldb,
                a.pointer(),
                lda,
                scalars.beta,
                c.pointer(),
                ldc);
        if (status != 0) {
            Check.cublas(status, "multiplying " + m + "x" + k + " by " + k + "x" + n);
        }
    }

    private static int operation(boolean transpose) {
        return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    /** The stream has nothing left to do. */
    @Override
    public void close() {
        JCublas2.cublasDestroy(handle);
        live.handles(-1);
        if (workspace != null) {
            workspace.close();
        }
        arena.close();
    }
}
