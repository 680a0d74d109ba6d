package dev.gossamer.cuda.device;

import jcuda.jcusparse.JCusparse;
import jcuda.jcusparse.cusparseConstDnMatDescr;
import jcuda.jcusparse.cusparseOperation;
import jcuda.jcusparse.cusparseSDDMMAlg;
import jcuda.jcusparse.cusparseSpMatDescr;

/** C = alpha·(A·Bᵀ on the entries of C) + beta·C through cuSPARSE, C sparse. */
final class SddmmPlan extends SparsePlan {

    private static final int TRANSPOSED = cusparseOperation.CUSPARSE_OPERATION_TRANSPOSE;
    private static final int ALGORITHM = cusparseSDDMMAlg.CUSPARSE_SDDMM_ALG_DEFAULT;

    /** All that a plan is made for. */
    record Key(long structure, long values, long a, int lda, long b, int ldb, int depth) {}

    private final cusparseConstDnMatDescr a;
    private final cusparseConstDnMatDescr b;
    private final cusparseSpMatDescr c;
    private final DeviceBuffer buffer;

    SddmmPlan(Cusparse cusparse, Key key, Cusparse.Dense a, Cusparse.Dense b, Cusparse.Csr c, DeviceBuffer values) {
        super(cusparse, key.structure, key.values, key.a, key.b);
        try {
            this.a = parts.input(a.rows(), a.cols(), a.ld(), a.from(0));
            this.b = parts.input(b.rows(), b.cols(), b.ld(), b.from(0));
            this.c = parts.output(c, values);
            Scalars ones = cusparse.ones();
            long[] bytes = {0};
            Check.cusparse(
                    JCusparse.cusparseSDDMM_bufferSize(
                            cusparse.handle(),
                            AS_IS,
                            TRANSPOSED,
                            ones.alpha,
                            this.a,
                            this.b,
                            ones.beta,
                            this.c,
                            F32,
                            ALGORITHM,
                            bytes),
                    "planning an SDDMM");
            this.buffer = parts.buffer(bytes[0]);
            Check.cusparse(
                    JCusparse.cusparseSDDMM_preprocess(
                            cusparse.handle(),
                            AS_IS,
                            TRANSPOSED,
                            ones.alpha,
                            this.a,
                            this.b,
                            ones.beta,
                            this.c,
                            F32,
                            ALGORITHM,
                            buffer.pointer()),
                    "analysing a pattern for SDDMM");
        } catch (RuntimeException e) {
            parts.close();
            throw e;
        }
    }

    @Override
    void run(Scalars scalars) {
        int status = JCusparse.cusparseSDDMM(
                cusparse.handle(),
                AS_IS,
                TRANSPOSED,
                scalars.alpha,
                a,
                b,
                scalars.beta,
                c,
                F32,
                ALGORITHM,
                buffer.pointer());
        if (status != 0) {
            Check.cusparse(status, "running an SDDMM");
        }
    }
}
