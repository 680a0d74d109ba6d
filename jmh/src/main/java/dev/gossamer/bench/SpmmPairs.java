package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.io.Smtx;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ours against oneMKL's sparse product in one process, turn by turn, so that what else the machine does hits both: the
 * ratio of two neighbouring slices is good to a few per cent where the figures themselves drift by a third. On the matrices
 * of the Deep Learning Matrix Collection that {@code index.csv} lists, and on the MLP's layers.
 *
 * <p>Each cell is verified, warmed up and measured in rounds of one slice of each contender, in turning order; reported are
 * the median of the rounds' ratios and the interval that holds the true median with 95 %.
 */
final class SpmmPairs {

    private static final List<Dims> MLP = List.of(new Dims(128, 784), new Dims(128, 128), new Dims(10, 128));
    private static final double[] MLP_SPARSITIES = {0.8, 0.9, 0.95, 0.98};

    private static final long COMPILE_NANOS = 1_000_000_000L;

    private final Options options;
    private final PrintStream out;
    private final Map<String, List<Double>> ratios = new TreeMap<>();

    private SpmmPairs(Options options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    /** A matrix of the sweep. */
    private record Matrix(String name, double sparsity, SparsityPattern pattern) {}

    /** What one cell gave: rates in GF/s, and of the ratio ours / peer the median and the interval around it. */
    private record Score(double ours, double peer, double ratio, double low, double high) {}

    static void main(String[] args) throws IOException {
        Options options = Options.parse(args);
        String objection = OneMkl.objection();
        if (objection != null) {
            throw new IllegalStateException(objection);
        }
        Backends.Choice choice = Backends.open(options.backend, BackendOptions.defaults());
        try (Backend backend = choice.backend()) {
            System.out.println(choice.explanation());
            System.out.println(OneMkl.version());
            new SpmmPairs(options, System.out).run(backend);
        }
    }

    private void run(Backend backend) throws IOException {
        compile(backend);
        out.printf(
                "%-44s %5s %5s %-9s %8s %8s %6s %15s%n",
                "matrix", "spars", "N", "layout", "ours GF/s", "oneMKL", "ratio", "95 % interval");
        for (Matrix matrix : matrices()) {
            for (int columns : options.columns) {
                SpmmProblem problem = new SpmmProblem(matrix.pattern, columns, 42);
                for (Layout layout : options.layouts) {
                    report(matrix, columns, layout, measure(backend, problem, layout));
                }
            }
        }
        ratios.forEach((group, all) -> out.printf(
                Locale.ROOT,
                "geomean %-40s %5.2f  (min %.2f, max %.2f, %d cells, %d below 1)%n",
                group,
                geomean(all),
                all.stream().mapToDouble(r -> r).min().orElse(Double.NaN),
                all.stream().mapToDouble(r -> r).max().orElse(Double.NaN),
                all.size(),
                all.stream().filter(r -> r < 1).count()));
    }

    /** C2 takes most of a second for a kernel: longer than a cell's own warm-up, so that the first cells would see none. */
    private void compile(Backend backend) {
        compile(backend, Patterns.uniform(new Dims(128, 784), 0.1, 7));
        // Above some density the engine multiplies densely: another kernel, and others for what its blocks leave over.
        for (int rows = 60; rows < 66; rows++) {
            compile(backend, Patterns.uniform(new Dims(rows, 784), 0.6, 7));
        }
    }

    private void compile(Backend backend, SparsityPattern pattern) {
        for (Layout layout : options.layouts) {
            for (int columns : options.columns) {
                try (Contender ours = EngineSpmm.sparse(backend, new SpmmProblem(pattern, columns, 42), layout)) {
                    repeat(ours, COMPILE_NANOS);
                }
            }
        }
    }

    private static void repeat(Contender contender, double nanos) {
        long start = System.nanoTime();
        int runs = 0;
        while (System.nanoTime() - start < nanos || runs < 20) {
            contender.run();
            runs++;
        }
    }

    private void report(Matrix matrix, int columns, Layout layout, Score score) {
        out.printf(
                Locale.ROOT,
                "%-44s %5.2f %5d %-9s %8.1f %8.1f %6.2f   [%.2f, %.2f]%n",
                matrix.name,
                matrix.sparsity,
                columns,
                layout,
                score.ours,
                score.peer,
                score.ratio,
                score.low,
                score.high);
        String family = matrix.name.startsWith("mlp") ? "MLP" : "DLMC";
        for (String group : List.of(
                layout + " all",
                layout + " " + family,
                layout + " " + family + " N=" + String.format("%4d", columns),
                layout + " " + family + " sparsity " + matrix.sparsity)) {
            ratios.computeIfAbsent(group, key -> new ArrayList<>()).add(score.ratio);
        }
    }

    private Score measure(Backend backend, SpmmProblem problem, Layout layout) {
        try (Contender ours = EngineSpmm.sparse(backend, problem, layout);
                Contender peer = new OneMkl.Sparse(problem)) {
            problem.verify("ours", ours);
            problem.verify("oneMKL", peer);
            int ourRuns = warmUp(ours);
            int peerRuns = warmUp(peer);
            double[] ourNanos = new double[options.rounds];
            double[] peerNanos = new double[options.rounds];
            double[] ratio = new double[options.rounds];
            for (int i = 0; i < options.rounds; i++) {
                if (i % 2 == 0) {
                    ourNanos[i] = nanos(ours, ourRuns);
                    peerNanos[i] = nanos(peer, peerRuns);
                } else {
                    peerNanos[i] = nanos(peer, peerRuns);
                    ourNanos[i] = nanos(ours, ourRuns);
                }
                ratio[i] = peerNanos[i] / ourNanos[i];
            }
            Arrays.sort(ratio);
            // Order statistics around the median: binomial, normal approximation.
            int half = (int) Math.ceil(0.98 * Math.sqrt(options.rounds));
            int middle = options.rounds / 2;
            return new Score(
                    problem.flops() / median(ourNanos),
                    problem.flops() / median(peerNanos),
                    ratio[middle],
                    ratio[Math.max(0, middle - half)],
                    ratio[Math.min(options.rounds - 1, middle + half)]);
        }
    }

    /** Runs until compiled code is in place. Returns the runs that fill a slice. */
    private int warmUp(Contender contender) {
        repeat(contender, options.warmUpNanos);
        double quick = Math.min(nanos(contender, 2), Math.min(nanos(contender, 2), nanos(contender, 2)));
        return (int) Math.max(1, Math.round(options.sliceNanos / quick));
    }

    private static double nanos(Contender contender, int runs) {
        long start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
            contender.run();
        }
        return (double) (System.nanoTime() - start) / runs;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double geomean(List<Double> values) {
        return Math.exp(values.stream().mapToDouble(Math::log).average().orElse(Double.NaN));
    }

    private List<Matrix> matrices() throws IOException {
        List<Matrix> matrices = new ArrayList<>();
        if (options.mlp) {
            for (double sparsity : MLP_SPARSITIES) {
                for (Dims dims : MLP) {
                    SparsityPattern pattern = Patterns.uniform(dims, 1 - sparsity, 7);
                    matrices.add(new Matrix("mlp " + dims.rows() + "x" + dims.cols(), sparsity, pattern));
                }
            }
        }
        Path data = options.data;
        if (data != null) {
            Path folder = data.resolve("dlmc");
            for (String line : Files.readAllLines(folder.resolve("index.csv")).stream()
                    .skip(1)
                    .toList()) {
                String[] field = line.split(",", -1);
                double sparsity = Double.parseDouble(field[2]);
                if (!options.wants(sparsity)) {
                    continue;
                }
                SparsityPattern pattern =
                        Smtx.read(folder.resolve(field[0], field[1], field[2], field[3] + ".smtx.gz"));
                String name = field[1].substring(0, 4) + " " + field[3] + " " + field[4] + "x" + field[5];
                matrices.add(new Matrix(name, sparsity, pattern));
            }
        }
        return matrices.stream()
                .filter(matrix -> options.wants(matrix.sparsity))
                .toList();
    }

    /** The command line. */
    private record Options(
            @Nullable String backend,
            @Nullable Path data,
            boolean mlp,
            List<Integer> columns,
            List<Double> sparsities,
            List<Layout> layouts,
            int rounds,
            double sliceNanos,
            double warmUpNanos) {

        private static final String USAGE = """
                Usage: java -jar benchmarks.jar pairs [options]
                  --data DIR           folder with dlmc/index.csv (default: $GOSSAMER_DATA; without either, the MLP only)
                  --no-mlp             leave the MLP's layers out
                  --columns 32,64,...  columns of the dense operand (default 32,64,128,256,1024)
                  --sparsity 0.9,...   only these sparsities (default: all)
                  --layouts a,b        of NATIVE, ROW_MAJOR (default NATIVE)
                  --rounds N           pairs per cell (default 41)
                  --slice-ms MS        length of a slice (default 0.5)
                  --warm-up-ms MS      per contender and cell (default 60)
                  --backend NAME       as -Dgossamer.backend=NAME""";

        boolean wants(double sparsity) {
            return sparsities.isEmpty() || sparsities.contains(sparsity);
        }

        static Options parse(String[] args) {
            Map<String, String> given = new TreeMap<>();
            for (int i = 0; i < args.length; i++) {
                String name = args[i];
                boolean flag = name.equals("--no-mlp");
                if (!name.startsWith("--") || (!flag && i + 1 == args.length)) {
                    throw new IllegalArgumentException("cannot use '" + name + "'\n" + USAGE);
                }
                given.put(name, flag ? "" : args[++i]);
            }
            String folder = given.getOrDefault("--data", System.getenv().getOrDefault("GOSSAMER_DATA", ""));
            given.remove("--data");
            Options options = new Options(
                    given.remove("--backend"),
                    folder.isEmpty() ? null : Path.of(folder),
                    given.remove("--no-mlp") == null,
                    list(given, "--columns", "32,64,128,256,1024", Integer::valueOf),
                    list(given, "--sparsity", "", Double::valueOf),
                    list(given, "--layouts", "NATIVE", Layout::valueOf),
                    list(given, "--rounds", "41", Integer::valueOf).getFirst(),
                    1e6 * list(given, "--slice-ms", "0.5", Double::valueOf).getFirst(),
                    1e6 * list(given, "--warm-up-ms", "60", Double::valueOf).getFirst());
            if (!given.isEmpty()) {
                throw new IllegalArgumentException("unknown option " + given.keySet() + "\n" + USAGE);
            }
            return options;
        }

        private static <T> List<T> list(
                Map<String, String> given, String name, String otherwise, Function<String, T> parse) {
            String text = given.containsKey(name) ? given.remove(name) : otherwise;
            return text.isEmpty()
                    ? List.of()
                    : Arrays.stream(text.split(",", -1)).map(parse).toList();
        }
    }
}
