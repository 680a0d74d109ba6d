package dev.gossamer.cuda;

import static jcuda.cudaDataType.CUDA_R_32F;
import static jcuda.jcusparse.cusparseIndexBase.CUSPARSE_INDEX_BASE_ZERO;
import static jcuda.jcusparse.cusparseIndexType.CUSPARSE_INDEX_32I;
import static jcuda.jcusparse.cusparseOperation.CUSPARSE_OPERATION_NON_TRANSPOSE;
import static jcuda.jcusparse.cusparseOperation.CUSPARSE_OPERATION_TRANSPOSE;
import static jcuda.jcusparse.cusparseOrder.CUSPARSE_ORDER_COL;
import static jcuda.jcusparse.cusparseOrder.CUSPARSE_ORDER_ROW;
import static jcuda.jcusparse.cusparseSDDMMAlg.CUSPARSE_SDDMM_ALG_DEFAULT;
import static jcuda.jcusparse.cusparseSpMMAlg.CUSPARSE_SPMM_CSR_ALG1;
import static jcuda.jcusparse.cusparseSpMVAlg.CUSPARSE_SPMV_CSR_ALG2;
import static jcuda.jcusparse.cusparseStatus.CUSPARSE_STATUS_INVALID_VALUE;
import static jcuda.jcusparse.cusparseStatus.CUSPARSE_STATUS_NOT_SUPPORTED;
import static jcuda.jcusparse.cusparseStatus.CUSPARSE_STATUS_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.jcusparse.JCusparse;
import jcuda.jcusparse.cusparseConstDnMatDescr;
import jcuda.jcusparse.cusparseConstDnVecDescr;
import jcuda.jcusparse.cusparseConstSpMatDescr;
import jcuda.jcusparse.cusparseDnMatDescr;
import jcuda.jcusparse.cusparseDnVecDescr;
import jcuda.jcusparse.cusparseHandle;
import jcuda.jcusparse.cusparseSpMatDescr;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The stand-ins of cuBLAS and cuSPARSE compute, run on their stream, and refuse what the real ones refuse. */
@EnabledIfSystemProperty(named = Emulator.PROPERTY, matches = "true")
class EmulatedLibrariesTest {

    private static final Pointer ONE = Pointer.to(new float[] {1});
    private static final Pointer ZERO = Pointer.to(new float[] {0});
    private static final Pointer TWO = Pointer.to(new float[] {2});

    private Emulator emulator;
    private CUstream stream;
    private cusparseHandle sparse;
    private final List<CUdeviceptr> buffers = new ArrayList<>();
    private long descriptorsBefore;

    @BeforeEach
    void open() {
        emulator = Emulator.load();
        emulator.clearErrors();
        JCudaDriver.cuInit(0);
        CUcontext context = new CUcontext();
        JCudaDriver.cuDevicePrimaryCtxRetain(context, device());
        JCudaDriver.cuCtxSetCurrent(context);
        stream = new CUstream();
        JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
        sparse = new cusparseHandle();
        must(JCusparse.cusparseCreate(sparse));
        must(JCusparse.cusparseSetStream(sparse, new cudaStream_t(stream)));
        descriptorsBefore = emulator.cusparseDescriptors();
    }

    @AfterEach
    void close() {
        emulator.clearErrors();
        must(JCusparse.cusparseDestroy(sparse));
        JCudaDriver.cuStreamDestroy(stream);
        buffers.forEach(JCudaDriver::cuMemFree);
        JCudaDriver.cuDevicePrimaryCtxRelease(device());
        assertThat(emulator.cusparseHandles()).isZero();
        assertThat(emulator.cublasHandles()).isZero();
    }

    @Test
    void multipliesColumnByColumnOnItsStream() {
        cublasHandle blas = new cublasHandle();
        must(JCublas2.cublasCreate(blas));
        must(JCublas2.cublasSetStream(blas, new cudaStream_t(stream)));
        CUdeviceptr a = upload(1, 2, 3, 4, 5, 6); // 2 x 3
        CUdeviceptr b = upload(1, 0, 2, 0, 1, 1); // its transpose is 3 x 2
        CUdeviceptr c = allocate(4);
        int plain = cublasOperation.CUBLAS_OP_N;
        int transposed = cublasOperation.CUBLAS_OP_T;
        must(JCublas2.cublasSgemm(blas, plain, transposed, 2, 2, 3, TWO, a, 2, b, 2, ZERO, c, 2));
        assertThat(peek(c, 4)).containsOnly(Float.NaN);

        // a = [1 3 5; 2 4 6], bT = [1 0; 2 0; 1 1]
        assertThat(download(c, 4)).containsExactly(2 * 12, 2 * 16, 2 * 5, 2 * 6);
        assertThat(JCublas2.cublasSgemm(blas, plain, plain, 2, 2, 3, ONE, a, 1, b, 3, ZERO, c, 2))
                .isEqualTo(cublasStatus.CUBLAS_STATUS_INVALID_VALUE);
        must(JCublas2.cublasDestroy(blas));
    }

    @Test
    void multipliesSparseByDense() {
        // [1 0 2; 0 0 3]
        cusparseConstSpMatDescr a = csr(2, 3, new int[] {0, 2, 3}, new int[] {0, 2, 2}, upload(1, 2, 3));
        cusparseConstDnMatDescr b = dense(3, 2, 2, upload(1, 10, 2, 20, 3, 30));
        CUdeviceptr values = allocate(4);
        cusparseDnMatDescr c = output(2, 2, 2, values);
        CUdeviceptr buffer = buffer(a, b, c);
        must(spmm(CUSPARSE_OPERATION_NON_TRANSPOSE, a, b, ZERO, c, buffer));
        must(spmm(CUSPARSE_OPERATION_NON_TRANSPOSE, a, b, TWO, c, buffer));

        assertThat(download(values, 4)).containsExactly(3 * 7, 3 * 70, 3 * 9, 3 * 90);
        assertThat(emulator.cusparseDescriptors()).isEqualTo(descriptorsBefore + 3);
        assertThat(emulator.errors()).isEmpty();
    }

    @Test
    void multipliesTransposedSparseByTransposedDense() {
        cusparseConstSpMatDescr a = csr(2, 3, new int[] {0, 2, 3}, new int[] {0, 2, 2}, upload(1, 2, 3));
        cusparseConstDnMatDescr b = dense(1, 2, 2, upload(5, 7));
        CUdeviceptr values = allocate(3);
        cusparseDnMatDescr c = output(3, 1, 1, values);
        int transposed = CUSPARSE_OPERATION_TRANSPOSE;
        CUdeviceptr buffer = allocate(128);
        must(JCusparse.cusparseSpMM(
                sparse, transposed, transposed, ONE, a, b, ZERO, c, CUDA_R_32F, CUSPARSE_SPMM_CSR_ALG1, buffer));

        assertThat(download(values, 3)).containsExactly(5, 0, 2 * 5 + 3 * 7);
    }

    @Test
    void preprocessedBufferMustStayAsItIs() {
        cusparseConstSpMatDescr a = csr(1, 1, new int[] {0, 1}, new int[] {0}, upload(3));
        cusparseConstDnMatDescr b = dense(1, 1, 1, upload(5));
        cusparseDnMatDescr c = output(1, 1, 1, allocate(1));
        CUdeviceptr buffer = buffer(a, b, c);
        int plain = CUSPARSE_OPERATION_NON_TRANSPOSE;
        must(JCusparse.cusparseSpMM_preprocess(
                sparse, plain, plain, ONE, a, b, ZERO, c, CUDA_R_32F, CUSPARSE_SPMM_CSR_ALG1, buffer));
        must(spmm(plain, a, b, ZERO, c, buffer));
        must(JCudaDriver.cuStreamSynchronize(stream));
        assertThat(emulator.errors()).isEmpty();

        assertThat(spmm(plain, a, b, ZERO, c, allocate(128))).isEqualTo(CUSPARSE_STATUS_INVALID_VALUE);
        assertThat(emulator.errors()).singleElement().asString().contains("not the one that was preprocessed");
        must(JCudaDriver.cuMemsetD32Async(buffer, 0, 1, stream));
        must(spmm(plain, a, b, ZERO, c, buffer));
        must(JCudaDriver.cuStreamSynchronize(stream));
        assertThat(emulator.errors()).last().asString().contains("was written to");
    }

    @Test
    void refusesWhatDoesNotFit() {
        cusparseConstSpMatDescr a = csr(2, 3, new int[] {0, 0, 0}, new int[] {0}, upload(1));
        cusparseConstDnMatDescr b = dense(2, 2, 2, upload(1, 2, 3, 4));
        cusparseDnMatDescr c = output(2, 2, 2, allocate(4));
        int plain = CUSPARSE_OPERATION_NON_TRANSPOSE;
        assertThat(spmm(plain, a, b, ZERO, c, allocate(128))).isEqualTo(CUSPARSE_STATUS_INVALID_VALUE);

        cusparseConstDnMatDescr fits = new cusparseConstDnMatDescr();
        must(JCusparse.cusparseCreateConstDnMat(fits, 3, 2, 3, allocate(6), CUDA_R_32F, CUSPARSE_ORDER_COL));
        assertThat(spmm(plain, a, fits, ZERO, c, allocate(128))).isEqualTo(CUSPARSE_STATUS_NOT_SUPPORTED);
        assertThat(JCusparse.cusparseCreateConstDnMat(
                        new cusparseConstDnMatDescr(), 3, 2, 1, allocate(6), CUDA_R_32F, CUSPARSE_ORDER_ROW))
                .isEqualTo(CUSPARSE_STATUS_INVALID_VALUE);
        must(JCusparse.cusparseDestroyDnMat(fits));
        assertThat(JCusparse.cusparseDestroyDnMat(fits)).isEqualTo(CUSPARSE_STATUS_INVALID_VALUE);
    }

    @Test
    void samplesDenseProducts() {
        CUdeviceptr values = upload(100, 100);
        cusparseSpMatDescr c = new cusparseSpMatDescr();
        must(JCusparse.cusparseCreateCsr(
                c,
                2,
                2,
                2,
                ints(0, 1, 2),
                ints(1, 0),
                values,
                CUSPARSE_INDEX_32I,
                CUSPARSE_INDEX_32I,
                CUSPARSE_INDEX_BASE_ZERO,
                CUDA_R_32F));
        cusparseConstDnMatDescr a = dense(2, 3, 3, upload(1, 2, 3, 4, 5, 6));
        cusparseConstDnMatDescr b = dense(2, 3, 3, upload(1, 1, 1, 0, 1, 2));
        must(JCusparse.cusparseSDDMM(
                sparse,
                CUSPARSE_OPERATION_NON_TRANSPOSE,
                CUSPARSE_OPERATION_TRANSPOSE,
                ONE,
                a,
                b,
                TWO,
                c,
                CUDA_R_32F,
                CUSPARSE_SDDMM_ALG_DEFAULT,
                allocate(128)));

        // (0, 1): 0 + 2 + 6; (1, 0): 4 + 5 + 6
        assertThat(download(values, 2)).containsExactly(208, 215);
    }

    @Test
    void multipliesSparseByVector() {
        cusparseConstSpMatDescr a = csr(2, 3, new int[] {0, 2, 3}, new int[] {0, 2, 2}, upload(1, 2, 3));
        cusparseConstDnVecDescr x = new cusparseConstDnVecDescr();
        must(JCusparse.cusparseCreateConstDnVec(x, 3, upload(1, 2, 3), CUDA_R_32F));
        CUdeviceptr values = allocate(2);
        cusparseDnVecDescr y = new cusparseDnVecDescr();
        must(JCusparse.cusparseCreateDnVec(y, 2, values, CUDA_R_32F));
        must(JCusparse.cusparseSpMV(
                sparse,
                CUSPARSE_OPERATION_NON_TRANSPOSE,
                ONE,
                a,
                x,
                ZERO,
                y,
                CUDA_R_32F,
                CUSPARSE_SPMV_CSR_ALG2,
                allocate(128)));

        assertThat(download(values, 2)).containsExactly(7, 9);
        must(JCusparse.cusparseDestroyDnVec(x));
    }

    private int spmm(
            int operation,
            cusparseConstSpMatDescr a,
            cusparseConstDnMatDescr b,
            Pointer beta,
            cusparseDnMatDescr c,
            CUdeviceptr buffer) {
        int plain = CUSPARSE_OPERATION_NON_TRANSPOSE;
        return JCusparse.cusparseSpMM(
                sparse, operation, plain, ONE, a, b, beta, c, CUDA_R_32F, CUSPARSE_SPMM_CSR_ALG1, buffer);
    }

    private CUdeviceptr buffer(cusparseConstSpMatDescr a, cusparseConstDnMatDescr b, cusparseDnMatDescr c) {
        long[] bytes = new long[1];
        int plain = CUSPARSE_OPERATION_NON_TRANSPOSE;
        must(JCusparse.cusparseSpMM_bufferSize(
                sparse, plain, plain, ONE, a, b, ZERO, c, CUDA_R_32F, CUSPARSE_SPMM_CSR_ALG1, bytes));
        return allocate(Math.toIntExact(bytes[0] / Float.BYTES));
    }

    private cusparseConstSpMatDescr csr(int rows, int columns, int[] rowPtr, int[] colIdx, CUdeviceptr values) {
        cusparseConstSpMatDescr matrix = new cusparseConstSpMatDescr();
        must(JCusparse.cusparseCreateConstCsr(
                matrix,
                rows,
                columns,
                rowPtr[rows],
                ints(rowPtr),
                ints(colIdx),
                values,
                CUSPARSE_INDEX_32I,
                CUSPARSE_INDEX_32I,
                CUSPARSE_INDEX_BASE_ZERO,
                CUDA_R_32F));
        return matrix;
    }

    private cusparseConstDnMatDescr dense(int rows, int columns, int ld, CUdeviceptr values) {
        cusparseConstDnMatDescr matrix = new cusparseConstDnMatDescr();
        must(JCusparse.cusparseCreateConstDnMat(matrix, rows, columns, ld, values, CUDA_R_32F, CUSPARSE_ORDER_ROW));
        return matrix;
    }

    private cusparseDnMatDescr output(int rows, int columns, int ld, CUdeviceptr values) {
        cusparseDnMatDescr matrix = new cusparseDnMatDescr();
        must(JCusparse.cusparseCreateDnMat(matrix, rows, columns, ld, values, CUDA_R_32F, CUSPARSE_ORDER_ROW));
        return matrix;
    }

    private static void must(int status) {
        assertThat(status).isEqualTo(CUSPARSE_STATUS_SUCCESS).isEqualTo(CUresult.CUDA_SUCCESS);
    }

    private static CUdevice device() {
        CUdevice device = new CUdevice();
        JCudaDriver.cuDeviceGet(device, 0);
        return device;
    }

    private CUdeviceptr allocate(int floats) {
        CUdeviceptr buffer = new CUdeviceptr();
        must(JCudaDriver.cuMemAlloc(buffer, (long) floats * Float.BYTES));
        buffers.add(buffer);
        return buffer;
    }

    private CUdeviceptr upload(float... values) {
        CUdeviceptr buffer = allocate(values.length);
        must(JCudaDriver.cuMemcpyHtoD(buffer, Pointer.to(values), (long) values.length * Float.BYTES));
        return buffer;
    }

    private CUdeviceptr ints(int... values) {
        CUdeviceptr buffer = allocate(values.length);
        must(JCudaDriver.cuMemcpyHtoD(buffer, Pointer.to(values), (long) values.length * Integer.BYTES));
        return buffer;
    }

    private float[] download(CUdeviceptr buffer, int count) {
        must(JCudaDriver.cuStreamSynchronize(stream));
        return peek(buffer, count);
    }

    /** Without waiting for the stream. */
    private static float[] peek(CUdeviceptr buffer, int count) {
        float[] values = new float[count];
        must(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), buffer, (long) count * Float.BYTES));
        return values;
    }
}
