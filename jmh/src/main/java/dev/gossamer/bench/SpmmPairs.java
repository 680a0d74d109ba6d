package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.bench.Rounds.Score;
import dev.gossamer.bench.Rounds.Versus;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Ours against oneMKL's sparse product in one process, turn by turn, so that what else the machine does hits both: the
 * ratio of two neighbouring slices is good to a few per cent where the figures themselves drift by a third. On the matrices
 * of the Deep Learning Matrix Collection that {@code index.csv} lists, and on the MLP's layers.
 *
 * <p>Each cell is verified, warmed up and measured in rounds of one slice of each contender, in turning order; reported are
 * the median of the rounds' ratios and the interval that holds the true median with at least 95 %.
 */
@Command(
        name = "pairs",
        mixinStandardHelpOptions = true,
        description =
                "Our sparse product against oneMKL's, turn by turn, on the matrices of DLMC and the MLP's layers.",
        footer = {"", "Example: gossamer bench pairs --sparsity 0.9,0.95 --columns 32"})
final class SpmmPairs implements Callable<Integer> {

    private static final List<Dims> MLP = List.of(new Dims(128, 784), new Dims(128, 128), new Dims(10, 128));
    private static final double[] MLP_SPARSITIES = {0.8, 0.9, 0.95, 0.98};

    private static final long COMPILE_NANOS = 1_000_000_000L;

    private static final String PEER = "oneMKL sparse";

    @Mixin
    private BackendOption backend = new BackendOption();

    @Mixin
    private DataOption data = new DataOption();

    @Option(names = "--no-mlp", description = "Leave the MLP's layers out.")
    private boolean noMlp;

    @Option(
            names = "--columns",
            split = ",",
            defaultValue = "32,64,128,256,1024",
            description = {"Columns of the dense operand.", "Default: ${DEFAULT-VALUE}"})
    private List<Integer> columns = List.of();

    @Option(names = "--sparsity", split = ",", description = "Only these sparsities. Default: all")
    private List<Double> sparsities = List.of();

    @Option(
            names = "--layouts",
            split = ",",
            defaultValue = "NATIVE",
            description = {"Of NATIVE, ROW_MAJOR.", "Default: ${DEFAULT-VALUE}"})
    private List<Layout> layouts = List.of();

    @Option(names = "--rounds", defaultValue = "41", description = "Pairs per cell. Default: ${DEFAULT-VALUE}")
    private int roundCount;

    @Option(names = "--slice-ms", defaultValue = "0.5", description = "Length of a slice. Default: ${DEFAULT-VALUE}")
    private double sliceMillis;

    @Option(
            names = "--warm-up-ms",
            defaultValue = "60",
            description = {"Per contender and cell.", "Default: ${DEFAULT-VALUE}"})
    private double warmUpMillis;

    private final PrintStream out = System.out;
    private final Map<String, List<Double>> ratios = new TreeMap<>();

    /** A matrix of the sweep. */
    private record Matrix(String name, double sparsity, SparsityPattern pattern) {}

    @Override
    public Integer call() throws MissingPeerException {
        String objection = OneMkl.objection();
        if (objection != null) {
            throw new MissingPeerException(objection);
        }
        Backends.Choice choice = backend.open();
        try (Backend opened = choice.backend()) {
            out.println(choice.explanation());
            out.println(OneMkl.version());
            run(opened, new Rounds(new Rounds.Plan(roundCount, 1e6 * sliceMillis, 1e6 * warmUpMillis, 0)));
        }
        return 0;
    }

    private void run(Backend opened, Rounds rounds) {
        compile(opened);
        out.printf(
                "%-44s %5s %5s %-9s %8s %8s %6s %15s%n",
                "matrix", "spars", "N", "layout", "ours GF/s", "oneMKL", "ratio", "95 % interval");
        for (Matrix matrix : matrices()) {
            for (int n : columns) {
                SpmmProblem problem = new SpmmProblem(matrix.pattern, n, 42);
                for (Layout layout : layouts) {
                    report(matrix, problem, layout, measure(opened, rounds, problem, layout));
                }
            }
        }
        ratios.forEach((group, all) -> out.printf(
                Locale.ROOT,
                "geomean %-40s %5.2f  (min %.2f, max %.2f, %d cells, %d below 1)%n",
                group,
                Rounds.geomean(all),
                all.stream().mapToDouble(r -> r).min().orElse(Double.NaN),
                all.stream().mapToDouble(r -> r).max().orElse(Double.NaN),
                all.size(),
                all.stream().filter(r -> r < 1).count()));
    }

    /** C2 takes most of a second for a kernel: longer than a cell's own warm-up, so that the first cells would see none. */
    private void compile(Backend opened) {
        compile(opened, Patterns.uniform(new Dims(128, 784), 0.1, 7));
        // Above some density the engine multiplies densely: another kernel, and others for what its blocks leave over.
        for (int rows = 60; rows < 66; rows++) {
            compile(opened, Patterns.uniform(new Dims(rows, 784), 0.6, 7));
        }
    }

    private void compile(Backend opened, SparsityPattern pattern) {
        for (Layout layout : layouts) {
            for (int n : columns) {
                try (Contender ours = EngineSpmm.sparse(opened, new SpmmProblem(pattern, n, 42), layout)) {
                    Rounds.repeat(ours, COMPILE_NANOS);
                }
            }
        }
    }

    private void report(Matrix matrix, SpmmProblem problem, Layout layout, Score score) {
        Versus versus = Objects.requireNonNull(score.versus(), PEER);
        double flops = problem.work().flops();
        out.printf(
                Locale.ROOT,
                "%-44s %5.2f %5d %-9s %8.1f %8.1f %6.2f %15s%n",
                matrix.name,
                matrix.sparsity,
                problem.columns,
                layout,
                flops / score.nanos(),
                flops / versus.nanos(),
                versus.ratio(),
                versus.interval().text());
        String family = matrix.name.startsWith("mlp") ? "MLP" : "DLMC";
        for (String group : List.of(
                layout + " all",
                layout + " " + family,
                layout + " " + family + " N=" + String.format("%4d", problem.columns),
                layout + " " + family + " sparsity " + matrix.sparsity)) {
            ratios.computeIfAbsent(group, key -> new ArrayList<>()).add(versus.ratio());
        }
    }

    private static Score measure(Backend opened, Rounds rounds, SpmmProblem problem, Layout layout) {
        try (Contender ours = EngineSpmm.sparse(opened, problem, layout);
                Contender peer = new OneMkl.Sparse(problem)) {
            problem.verify("ours", ours);
            problem.verify(PEER, peer);
            return rounds.measure("spmm", ours, Map.of(PEER, peer));
        }
    }

    private List<Matrix> matrices() {
        List<Matrix> matrices = new ArrayList<>();
        if (!noMlp) {
            for (double sparsity : MLP_SPARSITIES) {
                for (Dims dims : MLP) {
                    if (wants(sparsity)) {
                        SparsityPattern pattern = Patterns.uniform(dims, 1 - sparsity, 7);
                        matrices.add(new Matrix("mlp " + dims.rows() + "x" + dims.cols(), sparsity, pattern));
                    }
                }
            }
        }
        Path folder = data.folder();
        if (folder != null) {
            for (Dlmc.Entry entry : Dlmc.index(folder)) {
                if (wants(entry.sparsity())) {
                    matrices.add(new Matrix(entry.label(), entry.sparsity(), Dlmc.read(folder, entry.path())));
                }
            }
        }
        return matrices;
    }

    private boolean wants(double sparsity) {
        return sparsities.isEmpty() || sparsities.contains(sparsity);
    }
}
