package dev.gossamer.cuda.device;

import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import jcuda.jcusparse.JCusparse;
import jcuda.jcusparse.cusparseHandle;
import jcuda.jcusparse.cusparseStatus;
import jcuda.runtime.cudaStream_t;

/**
 * cuSPARSE on one stream. A product's descriptors, its buffer and cuSPARSE's own analysis make a plan; it is kept as long as the
 * structure and the buffers that it was made for exist, so that a training step finds all of its plans ready.
 *
 * <p>The sparse operand is never transposed by cuSPARSE: its transposed product gives other bits from run to run. Callers bring
 * the transposed structure instead.
 */
public final class Cusparse implements AutoCloseable {

    /** Plans kept; the least recently used goes first. A network of a hundred layers has some three hundred. */
    private static final int MAX_PLANS = 1024;

    /**
     * Columns of the dense operand in one call: above 65535 x 16 the algorithm CSR_ALG1 silently gives zeros in cuSPARSE up
     * to 13.0 (cupy issue 9862); here a little less, a multiple of 32.
     */
    static final int MAX_COLUMNS = 65_535 * 16 / 32 * 32;

    private final Stream stream;
    private final cusparseHandle handle = new cusparseHandle();
    private final Arena arena = Arena.ofShared();
    private final Scalars scalars = new Scalars(arena, 0, 0);
    private final Scalars ones = new Scalars(arena, 1, 1);
    private final Map<Object, SparsePlan> plans = new LinkedHashMap<>(64, 0.75f, true);

    Cusparse(Stream stream) {
        this.stream = stream;
        int status = stream.device()
                .open(
                        "cuSPARSE",
                        stream.handle(),
                        cusparseStatus.CUSPARSE_STATUS_ALLOC_FAILED,
                        cusparseStatus.CUSPARSE_STATUS_NOT_INITIALIZED,
                        () -> JCusparse.cusparseCreate(handle));
        Check.cusparse(status, "opening");
        live().handles(1);
        status = JCusparse.cusparseSetStream(handle, new cudaStream_t(stream.handle()));
        if (status != 0) {
            close();
        }
        Check.cusparse(status, "choosing the stream");
    }

    /** A sparse structure on the device, in CSR with 32-bit indices, base 0. */
    public static final class Csr {

        private static final AtomicLong MADE = new AtomicLong();

        final long id = MADE.incrementAndGet();
        final int rows;
        final int cols;
        final int nnz;
        final DeviceBuffer rowPtr;
        final DeviceBuffer colIdx;

        public Csr(int rows, int cols, int nnz, DeviceBuffer rowPtr, DeviceBuffer colIdx) {
            this.rows = rows;
            this.cols = cols;
            this.nnz = nnz;
            this.rowPtr = rowPtr;
            this.colIdx = colIdx;
        }

        public DeviceBuffer rowPtr() {
            return rowPtr;
        }

        public DeviceBuffer colIdx() {
            return colIdx;
        }
    }

    /**
     * A dense row-major f32 matrix.
     *
     * @param ld floats from one row to the next
     */
    public record Dense(DeviceBuffer data, int rows, int cols, int ld) {

        DevicePointer from(int column) {
            return new DevicePointer(data.address() + (long) column * Float.BYTES);
        }
    }

    /**
     * {@code C = alpha·A·B + beta·C}; beta = 0 means C is not read. A has an entry at least, B and C a column.
     *
     * @param algorithm a value of cusparseSpMMAlg_t
     */
    public void spmm(int algorithm, float alpha, Csr a, DeviceBuffer values, Dense b, float beta, Dense c) {
        scalars.set(alpha, beta);
        int columns;
        for (int column = 0; column < c.cols; column += columns) {
            columns = columnsOf(column, c.cols - column, b.ld, c.ld);
            var key = new SpmmPlan.Key(
                    a.id, values.address(), b.data.address(), b.ld, c.data.address(), c.ld, column, columns, algorithm);
            SparsePlan plan = plans.get(key);
            if (plan == null) {
                plan = keep(key, new SpmmPlan(this, key, a, values, b, c));
            }
            plan.run(scalars);
        }
    }

    /**
     * How many of the columns that are left one call takes. cuSPARSE reads and writes rows two or four floats at a time where
     * the number of columns is a multiple of that, and does not ask whether the rows begin at such a multiple: where they do
     * not, 12.6.3 faults on a misaligned address. An odd number of columns is taken one by one.
     */
    static int columnsOf(int column, int left, int ldb, int ldc) {
        int columns = Math.min(MAX_COLUMNS, left);
        int floats = Math.min(4, Integer.lowestOneBit(columns));
        boolean aligned = (column | ldb | ldc) % floats == 0;
        return aligned ? columns : columns - 1;
    }

    /**
     * {@code y = alpha·A·x + beta·y}; beta = 0 means y is not read. A has an entry at least.
     *
     * @param algorithm a value of cusparseSpMVAlg_t
     */
    public void spmv(
            int algorithm, float alpha, Csr a, DeviceBuffer values, DeviceBuffer x, float beta, DeviceBuffer y) {
        scalars.set(alpha, beta);
        var key = new SpmvPlan.Key(a.id, values.address(), x.address(), y.address(), algorithm);
        SparsePlan plan = plans.get(key);
        if (plan == null) {
            plan = keep(key, new SpmvPlan(this, key, a, values, x, y));
        }
        plan.run(scalars);
    }

    /** {@code C = alpha·(A·Bᵀ on the entries of C) + beta·C}; A is m×n, B is k×n, C has the structure of m×k. */
    public void sddmm(float alpha, Dense a, Dense b, float beta, Csr c, DeviceBuffer values) {
        scalars.set(alpha, beta);
        var key = new SddmmPlan.Key(c.id, values.address(), a.data.address(), a.ld, b.data.address(), b.ld, a.cols);
        SparsePlan plan = plans.get(key);
        if (plan == null) {
            plan = keep(key, new SddmmPlan(this, key, a, b, c, values));
        }
        plan.run(scalars);
    }

    private SparsePlan keep(Object key, SparsePlan plan) {
        if (plans.size() >= MAX_PLANS) {
            SparsePlan oldest = plans.values().iterator().next();
            drop(each -> each == oldest);
        }
        plans.put(key, plan);
        return plan;
    }

    /** Drops the plans that use the memory at this address, before it is freed. */
    void forget(long address) {
        drop(plan -> plan.uses(address));
    }

    /** Drops the plans of a structure that goes. */
    void forget(Csr structure) {
        drop(plan -> plan.structure() == structure.id);
    }

    private void drop(Predicate<SparsePlan> which) {
        // Removed first: closing a plan frees its buffer, which asks again for plans that use it.
        List<SparsePlan> going = plans.values().stream().filter(which).toList();
        plans.values().removeAll(going);
        going.forEach(SparsePlan::close);
    }

    /** alpha = beta = 1, for planning: a plan holds for every alpha and beta. */
    Scalars ones() {
        return ones;
    }

    Stream stream() {
        return stream;
    }

    cusparseHandle handle() {
        return handle;
    }

    Live live() {
        return stream.device().live();
    }

    /** The stream has nothing left to do. */
    @Override
    public void close() {
        drop(plan -> true);
        JCusparse.cusparseDestroy(handle);
        live().handles(-1);
        arena.close();
    }
}
