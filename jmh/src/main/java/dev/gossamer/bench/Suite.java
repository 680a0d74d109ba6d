package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.bench.Rounds.Score;
import dev.gossamer.bench.TableRows.Amount;
import dev.gossamer.bench.results.Measured;
import dev.gossamer.bench.results.Rates;
import dev.gossamer.bench.results.Row;
import dev.gossamer.bench.roofline.Limits;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table of {@code bench quick} and {@code bench full}: operations and training steps on one thread, each beside the peers that could do the
 * same, turn by turn. Every contender's answer is verified before it is timed.
 *
 * <p>A limit is what the machine allows for the work as the kernels do it: multiply-adds in registers, and four bytes of the
 * dense operand read for two FLOP, from the memory where one panel of it lies; of a sparse convolution, from the nearest.
 */
final class Suite {

    private static final String FLOPS = Rates.FLOPS;
    private static final String BYTES = Rates.BYTES;
    static final String STEPS = "steps/s";
    /** Bytes a step. */
    private static final double ALLOCATION_ERROR = 0.2;

    private static final String ONE_MKL_DENSE = "oneMKL dense";

    /** The dense operand is read in panels of at most so many columns. */
    private static final int PANEL = 64;

    /** EJML takes ten times as long as the others, and wider products only longer. */
    private static final int EJML_COLUMNS = 128;

    private final Backend backend;
    private final Sizes sizes;
    private final Limits limits;
    private final TableRows rows;
    private final Rounds rounds;

    Suite(Backend backend, Sizes sizes, Limits limits, TableRows rows) {
        this.backend = backend;
        this.sizes = sizes;
        this.limits = limits;
        this.rows = rows;
        this.rounds = new Rounds(sizes.plan());
    }

    /**
     * Everything.
     *
     * @param data the folder with DLMC's matrices; null without
     */
    void run(@Nullable Path data) {
        limits();
        sparse(data);
        spmv();
        gemm();
        againstPyTorch();
    }

    /** The rows whose peer is PyTorch, and what it reaches with half the bits. */
    void againstPyTorch() {
        sddmm();
        topK();
        steps();
    }

    void limits() {
        rows.limit("multiply-add, 1 thread", limits.fmaOne(), FLOPS);
        for (Limits.Level level : limits.levels()) {
            rows.limit("read " + level.name() + ", 1 thread", level.readOne(), BYTES);
        }
        if (limits.threads() > 1) {
            rows.limit("multiply-add, " + limits.threads() + " threads", limits.fmaAll(), FLOPS);
            for (Limits.Level level : limits.levels()) {
                rows.limit("read " + level.name() + ", " + limits.threads() + " threads", level.readAll(), BYTES);
            }
        }
    }

    /** A sparse matrix of the table. */
    private record Matrix(String name, SparsityPattern pattern) {}

    private void sparse(@Nullable Path data) {
        sparse("uniform", uniform(), true);
        List<Matrix> dlmc = dlmc(data);
        if (!dlmc.isEmpty()) {
            sparse("DLMC", dlmc, false);
        }
    }

    /**
     * Products with each matrix.
     *
     * @param more whether EJML and dense products take part
     */
    private void sparse(String family, List<Matrix> matrices, boolean more) {
        for (int batch : sizes.batches()) {
            String group = "geomean, " + family + ", N=" + batch;
            TableRows.Means panels = rows.new Means("spmm " + group, Targets.spmm(batch));
            TableRows.Means rowMajor = rows.new Means("spmm row-major " + group, Targets.SPMM_ROW_MAJOR);
            for (Matrix matrix : matrices) {
                SpmmProblem problem = new SpmmProblem(matrix.pattern, batch, 42);
                panels.add(spmm(matrix.name, problem, Layout.NATIVE, more));
                if (batch >= PANEL) {
                    rowMajor.add(spmm(matrix.name, problem, Layout.ROW_MAJOR, more));
                }
                if (more) {
                    sparseAgainstDense(matrix.name, problem);
                }
            }
            panels.report();
            if (batch >= PANEL) {
                rowMajor.report();
            }
        }
    }

    private List<Matrix> uniform() {
        List<Matrix> matrices = new ArrayList<>();
        for (String shape : sizes.shapes()) {
            for (String density : sizes.densities()) {
                matrices.add(new Matrix(shape + " density " + density, Patterns.of(shape, density)));
            }
        }
        return matrices;
    }

    private List<Matrix> dlmc(@Nullable Path data) {
        List<Matrix> matrices = new ArrayList<>();
        if (data != null && sizes.dlmcStep() > 0) {
            List<Dlmc.Entry> index = Dlmc.index(data);
            for (int i = 0; i < index.size(); i += sizes.dlmcStep()) {
                matrices.add(new Matrix(
                        index.get(i).path(), Dlmc.read(data, index.get(i).path())));
            }
        }
        return matrices;
    }

    private Measured spmm(String matrix, SpmmProblem problem, Layout layout, boolean more) {
        int batch = problem.columns;
        boolean rowMajor = layout == Layout.ROW_MAJOR;
        try (TableRows.Field field = rows.new Field()) {
            field.ours(EngineSpmm.sparse(backend, problem, layout), problem::verify);
            field.oneMkl("oneMKL sparse", () -> new OneMkl.Sparse(problem), problem::verify);
            if (more && batch <= EJML_COLUMNS) {
                field.enter("EJML sparse", new Ejml.Sparse(problem), problem::verify);
            }
            return report(
                    (rowMajor ? "spmm row-major " : "spmm ") + matrix + ", N=" + batch,
                    kind(layout, batch),
                    Amount.flops(problem.work()),
                    limits.boundOne(2, panelBytes(problem.depth(), batch)),
                    rowMajor ? Targets.SPMM_ROW_MAJOR_CELL : Targets.SPMM_CELL,
                    field);
        }
    }

    /** The engine has kernels of their own for each layout, and for what is narrower than a panel. */
    private static String kind(Layout layout, int batch) {
        return "spmm " + layout + (batch < PANEL ? batch : "");
    }

    /** Against products that multiply the zeros too: rates of both count the sparse work. */
    private void sparseAgainstDense(String matrix, SpmmProblem problem) {
        if (!rows.peers().oneMkl() && !rows.peers().openBlas()) {
            return;
        }
        int batch = problem.columns;
        try (TableRows.Field field = rows.new Field()) {
            field.ours(EngineSpmm.sparse(backend, problem, Layout.NATIVE), problem::verify);
            field.oneMkl(ONE_MKL_DENSE, () -> new OneMkl.Dense(problem), problem::verify);
            field.openBlas(() -> new OpenBlas.Dense(problem), problem::verify);
            report(
                    "spmm against dense " + matrix + ", N=" + batch,
                    kind(Layout.NATIVE, batch),
                    Amount.flops(problem.work()),
                    limits.boundOne(2, panelBytes(problem.depth(), batch)),
                    Targets.DENSE,
                    field);
        }
    }

    private static long panelBytes(int rows, int columns) {
        return 4L * rows * Math.min(columns, PANEL);
    }

    /** Value and index of an entry are eight bytes for two FLOP; the vector stays near. */
    private void spmv() {
        TableRows.Means means = rows.new Means("spmv geomean", Targets.SPMV);
        for (String shape : sizes.vectorShapes()) {
            for (String density : sizes.vectorDensities()) {
                SpmmProblem problem = new SpmmProblem(Patterns.of(shape, density), 1, 42);
                try (TableRows.Field field = rows.new Field()) {
                    field.ours(EngineSpmm.vector(backend, problem), problem::verify);
                    field.oneMkl("oneMKL sparse", () -> new OneMkl.Sparse(problem), problem::verify);
                    field.enter("EJML sparse", new Ejml.Sparse(problem), problem::verify);
                    means.add(report(
                            "spmv " + shape + " density " + density,
                            "spmv",
                            Amount.flops(problem.work()),
                            limits.boundOne(4, 8 * problem.pattern.nnz()),
                            Targets.SPMV,
                            field));
                }
            }
        }
        means.report();
    }

    /** The target is one against oneMKL, which need not be the best: it has a row of its own. */
    private void gemm() {
        for (List<Integer> size : sizes.dense()) {
            Dims dims = new Dims(size.get(0), size.get(1));
            SpmmProblem problem = new SpmmProblem(Patterns.uniform(dims, 1, 7), size.get(2), 42);
            double target = Targets.gemm(problem.work().flops());
            for (boolean rowMajor : new boolean[] {false, true}) {
                String name =
                        (rowMajor ? "gemm row-major " : "gemm ") + size.get(0) + "x" + size.get(1) + "x" + size.get(2);
                try (TableRows.Field field = rows.new Field()) {
                    field.ours(
                            rowMajor ? new EngineGemm(backend, problem) : EngineSpmm.dense(backend, problem),
                            problem::verify);
                    field.oneMkl(ONE_MKL_DENSE, () -> new OneMkl.Dense(problem), problem::verify);
                    field.openBlas(() -> new OpenBlas.Dense(problem), problem::verify);
                    if (Targets.isSmallGemm(problem.work().flops())) {
                        field.enter("EJML dense", new Ejml.Dense(problem), problem::verify);
                    }
                    Amount amount = Amount.flops(problem.denseWork());
                    Score score =
                            rounds.measure("gemm " + rowMajor + (size.get(2) < PANEL), field.engine(), field.others());
                    rows.report(name, score, amount, limits.fmaOne(), target);
                    if (rows.peers().oneMkl()) {
                        rows.report(
                                name + " against oneMKL",
                                score.against(ONE_MKL_DENSE),
                                amount,
                                limits.fmaOne(),
                                target);
                    }
                }
            }
        }
    }

    private void sddmm() {
        for (int batch : sizes.sampledBatches()) {
            TableRows.Means means = rows.new Means("sddmm geomean, N=" + batch, Targets.sddmm(batch));
            for (Matrix matrix : uniform()) {
                SddmmProblem problem = new SddmmProblem(matrix.pattern, batch, 42);
                try (TableRows.Field field = rows.new Field()) {
                    field.ours(new EngineSddmm(backend, problem), problem::verify);
                    field.pyTorch("sampled_addmm", torch -> torch.sddmm(problem, 1), problem::verify);
                    means.add(report(
                            "sddmm " + matrix.name + ", N=" + batch,
                            "sddmm " + batch,
                            Amount.flops(problem.work()),
                            limits.boundOne(2, 4L * problem.pattern.cols() * batch),
                            Targets.sddmm(batch),
                            field));
                }
            }
            means.report();
        }
    }

    private void topK() {
        for (int count : sizes.selections()) {
            TopKProblem problem = new TopKProblem(count, 0.1, 42);
            try (TableRows.Field field = rows.new Field()) {
                field.ours(new EngineTopK(backend, problem), problem::verify);
                for (String call : List.of("kthvalue", "topk")) {
                    field.pyTorch(call, torch -> torch.topK(problem, call, 1), problem::verify);
                }
                report(
                        "top-k threshold, 10 % of " + count,
                        "top-k",
                        new Amount(problem.work().bytes(), BYTES, null),
                        limits.readOne((long) problem.work().bytes()),
                        Targets.TOP_K,
                        field);
            }
        }
    }

    private void steps() {
        StepProblem dense = new StepProblem(1);
        for (double density : sizes.steps()) {
            StepProblem problem = density == 1 ? dense : new StepProblem(density);
            try (TableRows.Field field = rows.new Field()) {
                EngineStep engine = new EngineStep(backend, problem);
                field.ours(engine, problem::verify);
                field.pyTorch("dense, 1 thread", torch -> torch.step(dense, "float32", 1), dense::verify);
                if (limits.threads() > 1) {
                    field.pyTorch("dense, 2 threads", torch -> torch.step(dense, "float32", 2), dense::verify);
                }
                report(
                        "mlp step, density " + density,
                        "step " + (density == 1),
                        new Amount(1e9 * StepProblem.STEPS, STEPS, null),
                        1e9 / nanosAtLeast(problem),
                        Targets.step(density),
                        field);
                allocation(density, engine);
            }
        }
        halfPrecision(dense);
    }

    /**
     * What a step leaves to the garbage collector, after all the steps that were timed. The count is of all threads, and what the
     * JVM's own leave meanwhile is some hundredths of a byte a step; an object of ours in each epoch is half a byte.
     */
    private void allocation(double density, EngineStep engine) {
        double bytes = Allocation.ofRun(engine) / StepProblem.STEPS;
        rows.count(
                "mlp step, density " + density + ": allocated, to reach 0", bytes, Rates.ALLOCATED, ALLOCATION_ERROR);
    }

    /** What the same model takes in bf16, dense: no peer of ours, which is f32, but what a user could have. */
    private void halfPrecision(StepProblem problem) {
        PyTorch torch = rows.peers().pyTorch();
        if (torch == null) {
            return;
        }
        try (Contender step = torch.step(problem, "bfloat16", 1)) {
            Score score = rounds.measure("bf16", step, Map.of());
            Amount amount = new Amount(1e9 * StepProblem.STEPS, STEPS, null);
            rows.add(new Measured(
                    Row.alone("mlp step, dense bf16 of PyTorch, 1 thread", amount.per(score.nanos()), STEPS, null),
                    amount.per(score.interval()),
                    null,
                    null));
        }
    }

    /** Each product at its own limit, one after the other. */
    private double nanosAtLeast(StepProblem problem) {
        double nanos = 0;
        for (StepProblem.Product product : problem.products()) {
            double bound = problem.density == 1
                    ? limits.fmaOne()
                    : limits.boundOne(2, panelBytes(product.operandRows(), StepProblem.BATCH));
            nanos += product.flops() / bound;
        }
        return nanos;
    }

    private Measured report(
            String name, String kind, Amount amount, double limit, double target, TableRows.Field field) {
        return rows.report(name, rounds.measure(kind, field.engine(), field.others()), amount, limit, target);
    }
}
