package dev.gossamer.cuda.device;

import jcuda.jcusparse.JCusparse;
import jcuda.jcusparse.cusparseConstDnMatDescr;
import jcuda.jcusparse.cusparseConstSpMatDescr;
import jcuda.jcusparse.cusparseDnMatDescr;

/** C = alpha·A·B + beta·C through cuSPARSE, A sparse, over a run of columns. */
final class SpmmPlan extends SparsePlan {

    /** All that a plan is made for. */
    record Key(long structure, long values, long b, int ldb, long c, int ldc, int column, int columns, int algorithm) {}

    private final Key key;
    private final cusparseConstSpMatDescr a;
    private final cusparseConstDnMatDescr b;
    private final cusparseDnMatDescr c;
    private final DeviceBuffer buffer;

    SpmmPlan(Cusparse cusparse, Key key, Cusparse.Csr a, DeviceBuffer values, Cusparse.Dense b, Cusparse.Dense c) {
        super(cusparse, key.structure, key.values, key.b, key.c);
        this.key = key;
        try {
            this.a = parts.input(a, values);
            this.b = parts.input(b.rows(), key.columns, b.ld(), b.from(key.column));
            this.c = parts.output(c.rows(), key.columns, c.ld(), c.from(key.column));
            Scalars ones = cusparse.ones();
            long[] bytes = {0};
            Check.cusparse(
                    JCusparse.cusparseSpMM_bufferSize(
                            cusparse.handle(),
                            AS_IS,
                            AS_IS,
                            ones.alpha,
                            this.a,
                            this.b,
                            ones.beta,
                            this.c,
                            F32,
                            key.algorithm,
                            bytes),
                    "planning an SpMM");
            this.buffer = parts.buffer(bytes[0]);
            Check.cusparse(
                    JCusparse.cusparseSpMM_preprocess(
                            cusparse.handle(),
                            AS_IS,
                            AS_IS,
                            ones.alpha,
                            this.a,
                            this.b,
                            ones.beta,
                            this.c,
                            F32,
                            key.algorithm,
                            buffer.pointer()),
                    "analysing a pattern for SpMM");
        } catch (RuntimeException e) {
            parts.close();
            throw e;
        }
    }

    @Override
    void run(Scalars scalars) {
        int status = JCusparse.cusparseSpMM(
                cusparse.handle(),
                AS_IS,
                AS_IS,
                scalars.alpha,
                a,
                b,
                scalars.beta,
                c,
                F32,
                key.algorithm,
                buffer.pointer());
        if (status != 0) {
            Check.cusparse(status, "running an SpMM");
        }
    }
}
