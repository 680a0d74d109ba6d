package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.util.Optional;

/**
 * The parameters of benchmarks where {@code --data} names DLMC: its matrices as shapes, and one density, which says that they
 * have their own. What {@code -p shape=} and {@code -p density=} ask for chooses among the matrices.
 */
final class DlmcShapes {

    private static final String SHAPE = "shape";
    private static final String DENSITY = "density";

    /** Stands for the density that a pattern from a file has. */
    private static final String OWN = "own";

    private DlmcShapes() {}

    /** Puts the parameters in. */
    static void choose(ChainedOptionsBuilder options, CommandLineOptions asked, Path data) {
        Collection<String> shapes = asked(asked, SHAPE);
        Collection<String> densities = asked(asked, DENSITY);
        List<String> paths = matching(Dlmc.index(data), shapes, densities);
        if (paths.isEmpty()) {
            throw new IllegalArgumentException("No matrix of " + data.resolve("dlmc", "index.csv") + " has a shape of "
                    + shapes + " and a density of " + densities);
        }
        List<String> jvm = new ArrayList<>(asked.getJvmArgsPrepend().orElse(List.of()));
        jvm.add("-D" + Patterns.DATA_PROPERTY + "=" + data.toAbsolutePath());
        options.param(SHAPE, paths.toArray(String[]::new))
                .param(DENSITY, OWN)
                .jvmArgsPrepend(jvm.toArray(String[]::new));
    }

    /** Empty lists mean all. */
    static List<String> matching(List<Dlmc.Entry> index, Collection<String> shapes, Collection<String> densities) {
        return index.stream()
                .filter(entry ->
                        shapes.isEmpty() || shapes.contains(entry.path()) || shapes.contains(text(entry.dims())))
                .filter(entry -> densities.isEmpty()
                        || densities.stream()
                                .anyMatch(density ->
                                        Math.abs(Double.parseDouble(density) - (1 - entry.sparsity())) < 1e-9))
                .map(Dlmc.Entry::path)
                .toList();
    }

    private static String text(Dims dims) {
        return dims.rows() + "x" + dims.cols();
    }

    private static Collection<String> asked(CommandLineOptions asked, String name) {
        Optional<Collection<String>> values = asked.getParameter(name);
        return values.hasValue() ? values.get() : List.of();
    }
}
