package dev.gossamer.cuda.device;

import jcuda.jcusparse.JCusparse;
import jcuda.jcusparse.cusparseConstDnVecDescr;
import jcuda.jcusparse.cusparseConstSpMatDescr;
import jcuda.jcusparse.cusparseDnVecDescr;

/** y = alpha·A·x + beta·y through cuSPARSE, A sparse. JCuda 12.6 has no SpMV preprocessing. */
final class SpmvPlan extends SparsePlan {

    /** All that a plan is made for. */
    record Key(long structure, long values, long x, long y, int algorithm) {}

    private final Key key;
    private final cusparseConstSpMatDescr a;
    private final cusparseConstDnVecDescr x;
    private final cusparseDnVecDescr y;
    private final DeviceBuffer buffer;

    SpmvPlan(Cusparse cusparse, Key key, Cusparse.Csr a, DeviceBuffer values, DeviceBuffer x, DeviceBuffer y) {
        super(cusparse, key.structure, key.values, key.x, key.y);
        this.key = key;
        try {
            this.a = parts.input(a, values);
            this.x = parts.input(a.cols, x.pointer());
            this.y = parts.output(a.rows, y.pointer());
            Scalars ones = cusparse.ones();
            long[] bytes = {0};
            Check.cusparse(
                    JCusparse.cusparseSpMV_bufferSize(
                            cusparse.handle(),
                            AS_IS,
                            ones.alpha,
                            this.a,
                            this.x,
                            ones.beta,
                            this.y,
                            F32,
                            key.algorithm,
                            bytes),
                    "planning an SpMV");
            this.buffer = parts.buffer(bytes[0]);
        } catch (RuntimeException e) {
            parts.close();
            throw e;
        }
    }

    @Override
    void run(Scalars scalars) {
        int status = JCusparse.cusparseSpMV(
                cusparse.handle(), AS_IS, scalars.alpha, a, x, scalars.beta, y, F32, key.algorithm, buffer.pointer());
        if (status != 0) {
            Check.cusparse(status, "running an SpMV");
        }
    }
}
