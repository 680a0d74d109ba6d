package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.bench.Rounds.Score;
import dev.gossamer.bench.Rounds.Versus;
import dev.gossamer.bench.results.Measured;
import dev.gossamer.bench.results.Measured.Interval;
import dev.gossamer.bench.results.Row;
import dev.gossamer.bench.roofline.Limits;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The table of {@code bench quick}: operations and training steps on one thread, each beside the peers that could do the
 * same, turn by turn. Every contender's answer is verified before it is timed.
 *
 * <p>A limit is what the machine allows for the work as the kernels do it: multiply-adds in registers, and four bytes of the
 * dense operand read for two FLOP, from the memory where one panel of it lies.
 */
final class Suite {

    private static final String FLOPS = "GF/s";
    private static final String BYTES = "GB/s";
    static final String STEPS = "steps/s";

    /** The dense operand is read in panels of at most so many columns. */
    private static final int PANEL = 64;

    private final Backend backend;
    private final Sizes sizes;
    private final Limits limits;
    private final Peers peers;
    private final Rounds rounds;
    private final Consumer<Measured> out;

    /**
     * Who else there is.
     *
     * @param oneMkl whether oneMKL can be loaded
     * @param pyTorch the process that has PyTorch; null if there is none
     */
    record Peers(boolean oneMkl, @Nullable PyTorch pyTorch) {}

    /** Takes each row as soon as it is measured. */
    Suite(Backend backend, Sizes sizes, Limits limits, Peers peers, Consumer<Measured> out) {
        this.backend = backend;
        this.sizes = sizes;
        this.limits = limits;
        this.peers = peers;
        this.rounds = new Rounds(sizes.plan());
        this.out = out;
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
        alone("limit: multiply-add, 1 thread", limits.fmaOne(), FLOPS);
        for (Limits.Level level : limits.levels()) {
            alone("limit: read " + level.name() + ", 1 thread", level.readOne(), BYTES);
        }
        if (limits.threads() > 1) {
            alone("limit: multiply-add, " + limits.threads() + " threads", limits.fmaAll(), FLOPS);
            for (Limits.Level level : limits.levels()) {
                alone("limit: read " + level.name() + ", " + limits.threads() + " threads", level.readAll(), BYTES);
            }
        }
    }

    private void alone(String name, double value, String unit) {
        out.accept(new Measured(Row.alone(name, value, unit, null), new Interval(value, value), null, null));
    }

    /** A sparse matrix of the table. */
    private record Matrix(String name, SparsityPattern pattern) {}

    private void sparse(@Nullable Path data) {
        List<Matrix> matrices = matrices(data);
        for (int batch : sizes.batches()) {
            Means means = new Means("spmm geomean, N=" + batch, Targets.spmm(batch));
            for (Matrix matrix : matrices) {
                means.add(spmm(matrix, batch, Layout.NATIVE));
            }
            means.report();
        }
        for (int batch : sizes.batches()) {
            if (batch < PANEL) {
                continue;
            }
            Means means = new Means("spmm row-major geomean, N=" + batch, Targets.SPMM_ROW_MAJOR);
            for (Matrix matrix : matrices) {
                means.add(spmm(matrix, batch, Layout.ROW_MAJOR));
            }
            means.report();
        }
    }

    private List<Matrix> matrices(@Nullable Path data) {
        List<Matrix> matrices = new ArrayList<>();
        for (String shape : sizes.shapes()) {
            for (String density : sizes.densities()) {
                matrices.add(new Matrix(shape + " density " + density, Patterns.of(shape, density)));
            }
        }
        if (data != null && sizes.dlmcStep() > 0) {
            List<Dlmc.Entry> index = Dlmc.index(data);
            for (int i = 0; i < index.size(); i += sizes.dlmcStep()) {
                matrices.add(new Matrix(
                        index.get(i).path(), Dlmc.read(data, index.get(i).path())));
            }
        }
        return matrices;
    }

    private Measured spmm(Matrix matrix, int batch, Layout layout) {
        SpmmProblem problem = new SpmmProblem(matrix.pattern, batch, 42);
        boolean rowMajor = layout == Layout.ROW_MAJOR;
        try (Field field = new Field()) {
            field.ours(EngineSpmm.sparse(backend, problem, layout), problem::verify);
            field.oneMkl("oneMKL sparse", () -> new OneMkl.Sparse(problem), problem::verify);
            return report(
                    (rowMajor ? "spmm row-major " : "spmm ") + matrix.name + ", N=" + batch,
                    "spmm " + layout + (batch < PANEL ? batch : ""),
                    Amount.flops(problem.work()),
                    limits.boundOne(2, panelBytes(problem.depth(), batch)),
                    rowMajor ? Targets.SPMM_ROW_MAJOR_CELL : Targets.SPMM_CELL,
                    field);
        }
    }

    private static long panelBytes(int rows, int columns) {
        return 4L * rows * Math.min(columns, PANEL);
    }

    /** Value and index of an entry are eight bytes for two FLOP; the vector stays near. */
    private void spmv() {
        Means means = new Means("spmv geomean", Targets.SPMV);
        for (String shape : sizes.vectorShapes()) {
            for (String density : sizes.vectorDensities()) {
                SpmmProblem problem = new SpmmProblem(Patterns.of(shape, density), 1, 42);
                try (Field field = new Field()) {
                    field.ours(EngineSpmm.vector(backend, problem), problem::verify);
                    field.oneMkl("oneMKL sparse", () -> new OneMkl.Sparse(problem), problem::verify);
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

    private void gemm() {
        for (List<Integer> size : sizes.dense()) {
            Dims dims = new Dims(size.get(0), size.get(1));
            SpmmProblem problem = new SpmmProblem(Patterns.uniform(dims, 1, 7), size.get(2), 42);
            String name = size.get(0) + "x" + size.get(1) + "x" + size.get(2);
            for (boolean rowMajor : new boolean[] {false, true}) {
                try (Field field = new Field()) {
                    field.ours(
                            rowMajor ? new EngineGemm(backend, problem) : EngineSpmm.dense(backend, problem),
                            problem::verify);
                    field.oneMkl("oneMKL dense", () -> new OneMkl.Dense(problem), problem::verify);
                    report(
                            (rowMajor ? "gemm row-major " : "gemm ") + name,
                            "gemm " + rowMajor + (size.get(2) < PANEL),
                            Amount.flops(problem.denseWork()),
                            limits.fmaOne(),
                            Targets.gemm(problem.work().flops()),
                            field);
                }
            }
        }
    }

    private void sddmm() {
        for (String shape : sizes.shapes()) {
            for (int batch : sizes.sampledBatches()) {
                String density = sizes.densities().getFirst();
                SddmmProblem problem = new SddmmProblem(Patterns.of(shape, density), batch, 42);
                try (Field field = new Field()) {
                    field.ours(new EngineSddmm(backend, problem), problem::verify);
                    field.pyTorch("sampled_addmm", torch -> torch.sddmm(problem, 1), problem::verify);
                    report(
                            "sddmm " + shape + " density " + density + ", N=" + batch,
                            "sddmm " + batch,
                            Amount.flops(problem.work()),
                            limits.boundOne(2, 4L * problem.pattern.cols() * batch),
                            Targets.sddmm(batch),
                            field);
                }
            }
        }
    }

    private void topK() {
        for (int count : sizes.selections()) {
            TopKProblem problem = new TopKProblem(count, 0.1, 42);
            try (Field field = new Field()) {
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
            try (Field field = new Field()) {
                field.ours(new EngineStep(backend, problem), problem::verify);
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
            }
        }
        halfPrecision(dense);
    }

    /** What the same model takes in bf16, dense: no peer of ours, which is f32, but what a user could have. */
    private void halfPrecision(StepProblem problem) {
        PyTorch torch = peers.pyTorch;
        if (torch == null) {
            return;
        }
        try (Contender step = torch.step(problem, "bfloat16", 1)) {
            Score score = rounds.measure("bf16", step, Map.of());
            Amount amount = new Amount(1e9 * StepProblem.STEPS, STEPS, null);
            out.accept(new Measured(
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

    /** What a run does, in the unit of its rate for each nanosecond. */
    private record Amount(
            double perRun, String unit, @Nullable Double flopsPerByte) {

        static Amount flops(Work work) {
            return new Amount(work.flops(), FLOPS, work.flopsPerByte());
        }

        double per(double nanos) {
            return perRun / nanos;
        }

        Interval per(Interval nanos) {
            return new Interval(perRun / nanos.high(), perRun / nanos.low());
        }
    }

    private Measured report(String name, String kind, Amount amount, double limit, double target, Field field) {
        Score score = rounds.measure(kind, field.engine(), field.others);
        Versus versus = score.versus();
        double value = amount.per(score.nanos());
        Row row = versus == null
                ? Row.alone(name, value, amount.unit, value / limit)
                : new Row(
                        name,
                        value,
                        amount.unit,
                        versus.peer(),
                        amount.per(versus.nanos()),
                        versus.ratio(),
                        target,
                        value / limit);
        Measured measured = new Measured(
                row, amount.per(score.interval()), versus == null ? null : versus.interval(), amount.flopsPerByte);
        out.accept(measured);
        return measured;
    }

    /** Geometric means over rows. */
    private final class Means {

        private final String name;
        private final double target;
        private final List<Row> rows = new ArrayList<>();

        Means(String name, double target) {
            this.name = name;
            this.target = target;
        }

        void add(Measured measured) {
            rows.add(measured.row());
        }

        void report() {
            double value = Rounds.geomean(rows.stream().map(Row::value).toList());
            double share = Rounds.geomean(rows.stream()
                    .map(row -> row.limitShare() == null ? Double.NaN : row.limitShare())
                    .toList());
            Row first = rows.getFirst();
            Double peerValue = mean(rows.stream().map(Row::peerValue).toList());
            Double ratio = mean(rows.stream().map(Row::ratio).toList());
            Row row = new Row(
                    name + " (" + rows.size() + ")",
                    value,
                    first.unit(),
                    first.peer(),
                    peerValue,
                    ratio,
                    ratio == null ? null : target,
                    share);
            out.accept(new Measured(row, new Interval(Double.NaN, Double.NaN), null, null));
        }

        private static @Nullable Double mean(List<@Nullable Double> values) {
            List<Double> known = new ArrayList<>();
            for (Double value : values) {
                if (value == null) {
                    return null;
                }
                known.add(value);
            }
            return Rounds.geomean(known);
        }
    }

    /** How a problem looks at a contender's answer. */
    private interface Check {
        void verify(String who, Contender contender);
    }

    private interface OnPyTorch {
        Contender open(PyTorch torch);
    }

    /** The contenders of one problem, each verified as it comes in. */
    private final class Field implements AutoCloseable {

        private @Nullable Contender engine;
        private final Map<String, Contender> others = new LinkedHashMap<>();

        void ours(Contender contender, Check check) {
            engine = contender;
            check.verify("ours", contender);
        }

        void oneMkl(String name, Supplier<Contender> open, Check check) {
            if (peers.oneMkl) {
                enter(name, open.get(), check);
            }
        }

        void pyTorch(String name, OnPyTorch open, Check check) {
            if (peers.pyTorch != null) {
                enter("PyTorch " + name, open.open(peers.pyTorch), check);
            }
        }

        private void enter(String name, Contender contender, Check check) {
            others.put(name, contender);
            check.verify(name, contender);
        }

        Contender engine() {
            if (engine == null) {
                throw new IllegalStateException("nobody to measure");
            }
            return engine;
        }

        @Override
        public void close() {
            others.values().forEach(Contender::close);
            if (engine != null) {
                engine.close();
            }
        }
    }
}
