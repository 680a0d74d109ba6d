package dev.gossamer.bench;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.mkl.global.mkl_rt;
import org.bytedeco.mkl.global.mkl_rt.matrix_descr;
import org.bytedeco.mkl.global.mkl_rt.sparse_matrix;
import org.jspecify.annotations.Nullable;

/**
 * oneMKL on one thread, the peer of the CPU backend: 32-bit indices, row-major operands in 64-byte aligned memory, and for
 * sparse products the hints and the optimisation that its inspector-executor interface asks for, all in the set-up.
 */
final class OneMkl {

    private static final @Nullable String OBJECTION = start();

    private OneMkl() {}

    private static @Nullable String start() {
        try {
            mkl_rt.MKL_Set_Num_Threads(1);
            return null;
        } catch (LinkageError e) {
            return "oneMKL could not be loaded (" + e.getMessage() + "); it exists for Linux on x86-64, in the folder"
                    + " `peers` beside benchmarks.jar";
        }
    }

    /** Why it cannot run here; null when it can. */
    static @Nullable String objection() {
        return OBJECTION;
    }

    /** Its version and the processor it takes this one for. */
    static String version() {
        byte[] text = new byte[200];
        mkl_rt.MKL_Get_Version_String(text, text.length);
        return new String(text, StandardCharsets.US_ASCII).replace('\0', ' ').strip();
    }

    private static void require(int status, String call) {
        if (status != mkl_rt.SPARSE_STATUS_SUCCESS) {
            throw new IllegalStateException("oneMKL: " + call + " returned status " + status);
        }
    }

    private static FloatPointer floats(Arena arena, float[] numbers) {
        MemorySegment segment = arena.allocate(4L * Math.max(1, numbers.length), 64);
        MemorySegment.copy(numbers, 0, segment, ValueLayout.JAVA_FLOAT, 0, numbers.length);
        return new FloatPointer(
                segment.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer());
    }

    private static IntPointer ints(Arena arena, int[] numbers) {
        MemorySegment segment = arena.allocate(4L * Math.max(1, numbers.length), 64);
        MemorySegment.copy(numbers, 0, segment, ValueLayout.JAVA_INT, 0, numbers.length);
        return new IntPointer(
                segment.asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer());
    }

    private static float[] copy(FloatPointer from, int count) {
        float[] host = new float[count];
        from.get(host);
        return host;
    }

    /** A matrix in oneMKL's hands. */
    private static final class Csr {

        private final sparse_matrix handle = new sparse_matrix();
        private final matrix_descr general = new matrix_descr().type(mkl_rt.SPARSE_MATRIX_TYPE_GENERAL);

        Csr(Arena arena, SparsityPattern pattern, float[] values) {
            IntPointer rowPtr = ints(arena, pattern.copyRowPtr());
            require(
                    mkl_rt.mkl_sparse_s_create_csr(
                            handle,
                            mkl_rt.SPARSE_INDEX_BASE_ZERO,
                            pattern.rows(),
                            pattern.cols(),
                            rowPtr,
                            rowPtr.getPointer(1),
                            ints(arena, pattern.copyColIdx()),
                            floats(arena, values)),
                    "mkl_sparse_s_create_csr");
        }

        void optimizeForMm(int operation, int columns) {
            require(
                    mkl_rt.mkl_sparse_set_mm_hint(
                            handle, operation, general, mkl_rt.SPARSE_LAYOUT_ROW_MAJOR, columns, 1_000_000),
                    "mkl_sparse_set_mm_hint");
            require(mkl_rt.mkl_sparse_optimize(handle), "mkl_sparse_optimize");
        }

        void optimizeForMv(int operation) {
            require(mkl_rt.mkl_sparse_set_mv_hint(handle, operation, general, 1_000_000), "mkl_sparse_set_mv_hint");
            require(mkl_rt.mkl_sparse_optimize(handle), "mkl_sparse_optimize");
        }

        void destroy() {
            require(mkl_rt.mkl_sparse_destroy(handle), "mkl_sparse_destroy");
        }
    }

    /** {@code mkl_sparse_s_mm}; {@code mkl_sparse_s_mv} where B has one column. */
    static final class Sparse implements Contender {

        private final Arena arena = Arena.ofShared();
        private final Csr a;
        private final FloatPointer b;
        private final FloatPointer c;
        private final int rows;
        private final int columns;
        private final int operation;

        Sparse(SpmmProblem problem) {
            this.rows = problem.rows();
            this.operation =
                    problem.transposed ? mkl_rt.SPARSE_OPERATION_TRANSPOSE : mkl_rt.SPARSE_OPERATION_NON_TRANSPOSE;
            this.columns = problem.columns;
            this.a = new Csr(arena, problem.pattern, problem.values);
            this.b = floats(arena, problem.b);
            this.c = floats(arena, new float[rows * columns]);
            if (columns == 1) {
                a.optimizeForMv(operation);
            } else {
                a.optimizeForMm(operation, columns);
            }
        }

        @Override
        public void run() {
            int status = columns == 1
                    ? mkl_rt.mkl_sparse_s_mv(operation, 1, a.handle, a.general, b, 0, c)
                    : mkl_rt.mkl_sparse_s_mm(
                            operation,
                            1,
                            a.handle,
                            a.general,
                            mkl_rt.SPARSE_LAYOUT_ROW_MAJOR,
                            b,
                            columns,
                            columns,
                            0,
                            c,
                            columns);
            require(status, "the sparse product");
        }

        @Override
        public float[] result() {
            return copy(c, rows * columns);
        }

        @Override
        public void close() {
            a.destroy();
            arena.close();
        }
    }

    /** {@code cblas_sgemm}. */
    static final class Dense implements Contender {

        private final Arena arena = Arena.ofShared();
        private final FloatPointer a;
        private final FloatPointer b;
        private final FloatPointer c;
        private final int rows;
        private final int depth;
        private final int columns;
        private final int transposeA;
        private final int transposeB;

        private Dense(
                float[] a, float[] b, int rows, int depth, int columns, boolean transposedA, boolean transposedB) {
            this.a = floats(arena, a);
            this.b = floats(arena, b);
            this.c = floats(arena, new float[rows * columns]);
            this.rows = rows;
            this.depth = depth;
            this.columns = columns;
            this.transposeA = transposedA ? mkl_rt.CblasTrans : mkl_rt.CblasNoTrans;
            this.transposeB = transposedB ? mkl_rt.CblasTrans : mkl_rt.CblasNoTrans;
        }

        /** The zeros of A are multiplied too. */
        Dense(SpmmProblem problem) {
            this(
                    problem.denseA(),
                    problem.b,
                    problem.rows(),
                    problem.depth(),
                    problem.columns,
                    problem.transposed,
                    false);
        }

        /** All of A·Bᵀ, of which the pattern's entries are wanted. */
        Dense(SddmmProblem problem) {
            this(problem.a, problem.b, problem.pattern.rows(), problem.columns, problem.pattern.cols(), false, true);
        }

        @Override
        public void run() {
            mkl_rt.cblas_sgemm(
                    mkl_rt.CblasRowMajor,
                    transposeA,
                    transposeB,
                    rows,
                    columns,
                    depth,
                    1,
                    a,
                    transposeA == mkl_rt.CblasTrans ? rows : depth,
                    b,
                    transposeB == mkl_rt.CblasTrans ? depth : columns,
                    0,
                    c,
                    columns);
        }

        @Override
        public float[] result() {
            return copy(c, rows * columns);
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
