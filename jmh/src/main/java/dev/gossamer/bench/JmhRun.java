package dev.gossamer.bench;

import dev.gossamer.bench.results.Json;
import dev.gossamer.bench.results.Machine;
import dev.gossamer.bench.results.Rates;
import dev.gossamer.bench.results.ResultException;
import dev.gossamer.bench.results.ResultFile;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * JMH's own command line, with the backend that {@code gossamer.backend} names, the machine above the numbers and in every
 * result of a JSON file, rates in the secondary results, and ratios below them.
 */
final class JmhRun {

    /** Which benchmarks may run. */
    enum Group {
        ALL,
        OPS,
        STEPS
    }

    private static final String STEP_BENCHMARKS = "StepBenchmark\\.";
    private static final String OTHER_BENCHMARKS = "^(?!.*" + STEP_BENCHMARKS + ").*$";

    private JmhRun() {}

    /**
     * Runs benchmarks.
     *
     * @param data folder with DLMC, whose matrices then are the shapes; null for shapes with random entries
     * @param json file for results; null for what the arguments say
     */
    static void run(Group group, @Nullable Path data, @Nullable Path json, List<String> args)
            throws RunnerException, CommandLineOptionException, java.io.IOException {
        CommandLineOptions asked = new CommandLineOptions(args.toArray(String[]::new));
        if (asked.shouldHelp() || asked.shouldListProfilers() || asked.shouldListResultFormats()) {
            org.openjdk.jmh.Main.main(args.toArray(String[]::new));
            return;
        }
        ChainedOptionsBuilder options = new OptionsBuilder().parent(asked).addProfiler(Rates.class);
        restrict(options, asked, group);
        if (asked.shouldList()) {
            new Runner(options.build()).list();
            return;
        }
        if (asked.shouldListWithParams()) {
            new Runner(options.build()).listWithParams(asked);
            return;
        }
        JmhParameters.check(options.build(), args);
        Map<String, Object> machine = Machine.facts();
        if (!asked.getParameter("backend").hasValue()) {
            try (Backend backend = Backends.open().backend()) {
                // The name that the property stands for, for the table. A wrong one fails here, once, not in every
                // fork.
                options.param("backend", backend.name());
                machine.put("backend", backend.name() + ": " + backend.device());
            }
        }
        if (data != null) {
            DlmcShapes.choose(options, asked, data);
        }
        Path results = results(asked, json);
        Json.check(results);
        // JMH empties its file before it measures, and what was there is not for nothing.
        Path unfinished = results == null ? null : results.resolveSibling("." + results.getFileName() + ".tmp");
        if (unfinished != null) {
            options.resultFormat(ResultFormatType.JSON).result(unfinished.toString());
        }
        options.shouldFailOnError(asked.shouldFailOnError().orElse(true));
        machine.put("peers", leaveMissingPeersOut(options));
        System.out.print(Machine.text(machine));
        try {
            Collection<RunResult> measured = measure(options.build(), asked);
            if (measured.isEmpty()) {
                throw new ResultException("no benchmark came to a result; why is said above");
            }
            System.out.print(Summary.of(measured));
            if (results != null && unfinished != null) {
                ResultFile.addMachine(unfinished, machine);
                Files.move(unfinished, results, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            if (unfinished != null) {
                Files.deleteIfExists(unfinished);
            }
        }
    }

    private static Collection<RunResult> measure(Options options, CommandLineOptions asked) throws RunnerException {
        try {
            return new Runner(options).run();
        } catch (NoBenchmarksException e) {
            throw new IllegalArgumentException(
                    "no benchmark matches " + String.join(" ", asked.getIncludes()) + "; -l lists them all", e);
        }
    }

    private static void restrict(ChainedOptionsBuilder options, CommandLineOptions asked, Group group) {
        switch (group) {
            case ALL -> {}
            case OPS -> options.exclude(STEP_BENCHMARKS);
            case STEPS -> options.exclude(OTHER_BENCHMARKS);
        }
        if (asked.getIncludes().isEmpty()) {
            options.include(".*");
        }
    }

    /** The file of results if it is JSON, which alone can hold the machine. */
    private static @Nullable Path results(CommandLineOptions asked, @Nullable Path json) {
        if (json != null) {
            return json;
        }
        if (asked.getResultFormat().orElse(ResultFormatType.CSV) != ResultFormatType.JSON) {
            return null;
        }
        return Path.of(asked.getResult().orElse("jmh-result.json"));
    }

    /** Returns who is there, and why others are not. */
    private static String leaveMissingPeersOut(ChainedOptionsBuilder options) {
        if (OneMkl.objection() != null) {
            options.exclude("\\.oneMkl");
        }
        if (OpenBlas.objection() != null) {
            options.exclude("\\.openBlas");
        }
        return Libraries.describe();
    }
}
