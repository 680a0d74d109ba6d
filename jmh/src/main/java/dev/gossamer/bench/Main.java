package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendSelectionException;
import dev.gossamer.engine.Backends;
import java.util.Arrays;
import java.util.Collection;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * The main class of {@code benchmarks.jar}: JMH's own command line, with the backend that {@code gossamer.backend} names, the
 * machine above the numbers, and rates and ratios below them. {@code pairs} as the first argument runs {@link SpmmPairs}, {@code ops} runs {@link OpServer}.
 */
public final class Main {

    private static final int USAGE = 2;

    private Main() {}

    /** Exit codes: 0 good, 1 failure at run time, 2 usage. */
    public static void main(String[] args) throws Exception {
        try {
            if (args.length > 0 && args[0].equals("pairs")) {
                SpmmPairs.main(Arrays.copyOfRange(args, 1, args.length));
            } else if (args.length > 0 && args[0].equals("ops")) {
                OpServer.main();
            } else {
                benchmarks(args);
            }
        } catch (BackendSelectionException | IllegalArgumentException | CommandLineOptionException e) {
            System.err.println("benchmarks: " + e.getMessage());
            System.exit(USAGE);
        } catch (RunnerException e) {
            System.err.println("benchmarks: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void benchmarks(String[] args) throws Exception {
        CommandLineOptions asked = new CommandLineOptions(args);
        if (asked.shouldHelp()
                || asked.shouldList()
                || asked.shouldListWithParams()
                || asked.shouldListProfilers()
                || asked.shouldListResultFormats()) {
            org.openjdk.jmh.Main.main(args);
            return;
        }
        ChainedOptionsBuilder options = new OptionsBuilder().parent(asked);
        if (!asked.getParameter("backend").hasValue()) {
            options.param("backend", backend());
        }
        System.out.println(MachineInfo.describe());
        String objection = OneMkl.objection();
        if (objection != null) {
            System.out.println("# Left out: " + objection);
            options.exclude("\\.oneMkl");
        }
        Collection<RunResult> results = new Runner(options.build()).run();
        System.out.print(Summary.of(results));
    }

    /** The name that the property stands for, so that the table shows it. A wrong one fails here, once, not in every fork. */
    private static String backend() {
        try (Backend backend = Backends.open().backend()) {
            return backend.name();
        }
    }
}
