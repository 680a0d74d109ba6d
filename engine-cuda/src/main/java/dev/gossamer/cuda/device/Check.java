package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import dev.gossamer.engine.OutOfDeviceMemoryException;
import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;
import jcuda.jcusparse.cusparseStatus;

/** Return codes of the driver and the libraries as exceptions that say what was being done. */
final class Check {

    /** The remedy for too little memory, after a full stop. */
    static final String LESS_MEMORY =
            " Use smaller batches (of a run: --batch), or fewer workspaces at a time (--threads,"
                    + " --memory), or free the GPU: `nvidia-smi` lists who uses it.";

    private Check() {}

    static void driver(int code, String doing) {
        if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            throw shortage(doing);
        }
        if (code != CUresult.CUDA_SUCCESS) {
            throw new EngineException("CUDA failed while " + doing + ": " + CUresult.stringFor(code) + remedy(code));
        }
    }

    private static OutOfDeviceMemoryException shortage(String doing) {
        return new OutOfDeviceMemoryException("The memory of the GPU ran out while " + doing + "." + LESS_MEMORY);
    }

    static void cublas(int status, String doing) {
        if (status == cublasStatus.CUBLAS_STATUS_ALLOC_FAILED) {
            throw shortage(doing + " in cuBLAS");
        }
        if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            throw new EngineException("cuBLAS failed while " + doing + ": " + cublasStatus.stringFor(status));
        }
    }

    static void cusparse(int status, String doing) {
        if (status == cusparseStatus.CUSPARSE_STATUS_ALLOC_FAILED
                || status == cusparseStatus.CUSPARSE_STATUS_INSUFFICIENT_RESOURCES) {
            throw shortage(doing + " in cuSPARSE");
        }
        if (status != cusparseStatus.CUSPARSE_STATUS_SUCCESS) {
            throw new EngineException("cuSPARSE failed while " + doing + ": " + cusparseStatus.stringFor(status));
        }
    }

    private static String remedy(int code) {
        return switch (code) {
            case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                    CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
                    CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
                    CUresult.CUDA_ERROR_INVALID_PC,
                    CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
                    CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
                    CUresult.CUDA_ERROR_LAUNCH_FAILED ->
                ". A kernel of this run or of an earlier call went wrong and the GPU context is lost: start the"
                        + " program again, and please report it with the command that was run.";
            case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE ->
                ". The GPU found an error in its memory that it cannot correct, and the context is lost: start the program"
                        + " again, and see nvidia-smi -q -d ECC if that comes back.";
            case CUresult.CUDA_ERROR_INVALID_CONTEXT -> ". A workspace belongs to the platform thread that opened it.";
            default -> "";
        };
    }
}
