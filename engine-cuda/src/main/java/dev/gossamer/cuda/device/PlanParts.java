package dev.gossamer.cuda.device;

import java.util.ArrayList;
import java.util.List;
import jcuda.cudaDataType;
import jcuda.driver.CUdeviceptr;
import jcuda.jcusparse.JCusparse;
import jcuda.jcusparse.cusparseConstDnMatDescr;
import jcuda.jcusparse.cusparseConstDnVecDescr;
import jcuda.jcusparse.cusparseConstSpMatDescr;
import jcuda.jcusparse.cusparseDnMatDescr;
import jcuda.jcusparse.cusparseDnVecDescr;
import jcuda.jcusparse.cusparseIndexBase;
import jcuda.jcusparse.cusparseIndexType;
import jcuda.jcusparse.cusparseOrder;
import jcuda.jcusparse.cusparseSpMatDescr;
import org.jspecify.annotations.Nullable;

/**
 * The cuSPARSE descriptors and the buffer of one plan, given back together. JCuda destroys the const kinds only; outputs go through
 * {@code asConst}, which names the same descriptor.
 */
final class PlanParts implements AutoCloseable {

    private static final int INDEX = cusparseIndexType.CUSPARSE_INDEX_32I;
    private static final int BASE = cusparseIndexBase.CUSPARSE_INDEX_BASE_ZERO;
    private static final int F32 = cudaDataType.CUDA_R_32F;

    private final Stream stream;
    private final Live live;
    private @Nullable DeviceBuffer buffer;
    private final List<Runnable> destroy = new ArrayList<>();

    PlanParts(Stream stream) {
        this.stream = stream;
        this.live = stream.device().live();
    }

    cusparseConstSpMatDescr input(Cusparse.Csr a, DeviceBuffer values) {
        cusparseConstSpMatDescr made = new cusparseConstSpMatDescr();
        made(JCusparse.cusparseCreateConstCsr(
                made,
                a.rows,
                a.cols,
                a.nnz,
                a.rowPtr.pointer(),
                a.colIdx.pointer(),
                values.pointer(),
                INDEX,
                INDEX,
                BASE,
                F32));
        destroy.add(() -> JCusparse.cusparseDestroySpMat(made));
        return made;
    }

    cusparseSpMatDescr output(Cusparse.Csr c, DeviceBuffer values) {
        cusparseSpMatDescr made = new cusparseSpMatDescr();
        made(JCusparse.cusparseCreateCsr(
                made,
                c.rows,
                c.cols,
                c.nnz,
                c.rowPtr.pointer(),
                c.colIdx.pointer(),
                values.pointer(),
                INDEX,
                INDEX,
                BASE,
                F32));
        destroy.add(() -> JCusparse.cusparseDestroySpMat(made.asConst()));
        return made;
    }

    cusparseConstDnMatDescr input(int rows, int cols, int ld, CUdeviceptr data) {
        cusparseConstDnMatDescr made = new cusparseConstDnMatDescr();
        made(JCusparse.cusparseCreateConstDnMat(made, rows, cols, ld, data, F32, cusparseOrder.CUSPARSE_ORDER_ROW));
        destroy.add(() -> JCusparse.cusparseDestroyDnMat(made));
        return made;
    }

    cusparseDnMatDescr output(int rows, int cols, int ld, CUdeviceptr data) {
        cusparseDnMatDescr made = new cusparseDnMatDescr();
        made(JCusparse.cusparseCreateDnMat(made, rows, cols, ld, data, F32, cusparseOrder.CUSPARSE_ORDER_ROW));
        destroy.add(() -> JCusparse.cusparseDestroyDnMat(made.asConst()));
        return made;
    }

    cusparseConstDnVecDescr input(int size, CUdeviceptr data) {
        cusparseConstDnVecDescr made = new cusparseConstDnVecDescr();
        made(JCusparse.cusparseCreateConstDnVec(made, size, data, F32));
        destroy.add(() -> JCusparse.cusparseDestroyDnVec(made));
        return made;
    }

    cusparseDnVecDescr output(int size, CUdeviceptr data) {
        cusparseDnVecDescr made = new cusparseDnVecDescr();
        made(JCusparse.cusparseCreateDnVec(made, size, data, F32));
        destroy.add(() -> JCusparse.cusparseDestroyDnVec(made.asConst()));
        return made;
    }

    /** The memory that cuSPARSE asked for; it holds its analysis, so it lives as long as the plan. */
    DeviceBuffer buffer(long bytes) {
        DeviceBuffer made = stream.allocate(bytes, "cuSPARSE's analysis of a pattern");
        buffer = made;
        return made;
    }

    private void made(int status) {
        Check.cusparse(status, "describing an operand");
        live.descriptors(1);
    }

    @Override
    public void close() {
        for (Runnable each : destroy) {
            each.run();
            live.descriptors(-1);
        }
        destroy.clear();
        if (buffer != null) {
            buffer.close();
        }
    }
}
