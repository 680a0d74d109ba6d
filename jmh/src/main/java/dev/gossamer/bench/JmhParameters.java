package dev.gossamer.bench;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The parameters of benchmarks. JMH passes over one that it does not know, and measures for hours what nobody asked for. */
final class JmhParameters {

    private JmhParameters() {}

    /** Refuses a {@code -p NAME=VALUE} whose name none of the benchmarks has that are to run. */
    static void check(Options options, List<String> args) {
        Set<String> known = known(options);
        for (int i = 0; i + 1 < args.size(); i++) {
            String name = args.get(i + 1).split("=", 2)[0];
            if (args.get(i).equals("-p") && !known.isEmpty() && !known.contains(name)) {
                throw new IllegalArgumentException(
                        "-p " + args.get(i + 1) + ": none of these benchmarks has a parameter " + name + "; theirs are "
                                + String.join(", ", known));
            }
        }
    }

    /** Empty where no benchmark is to run, which is said elsewhere. */
    private static Set<String> known(Options options) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        OutputFormat silent = OutputFormatFactory.createFormatInstance(nowhere, VerboseMode.SILENT);
        Set<String> names = new TreeSet<>();
        for (BenchmarkListEntry benchmark :
                BenchmarkList.defaultList().find(silent, options.getIncludes(), options.getExcludes())) {
            names.addAll(benchmark.getParams().orElse(Map.of()).keySet());
        }
        return names;
    }
}
