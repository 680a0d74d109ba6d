package dev.gossamer.dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The main class of the archive's {@code contracts}: runs test classes of the archive, each in a JVM of its own, so that one
 * that ends its JVM or never returns spoils nothing but itself. Each class leaves a line in a file as soon as it has run; run
 * again with the same file, classes that have a line are passed over.
 */
public final class TestRunner {

    static final int FAILED = 1;
    static final int USAGE = 2;

    private static final String HELP = """
            Usage: contracts [-D...|-X...] [OPTIONS] SUITE...
            Runs tests of this archive. A suite is %s, or the name of a test class, with or without
            its package.
              --results FILE     append a line of JSON for each class; classes that have one are not run again
              --without CLASS    leave this class of the suites out; may be repeated
              --limit SECONDS    for one class; default 240. One that takes longer fails
              --jobs N           so many classes beside each other; default 1. Those that look for leaks run last and alone
              --here             run in this JVM, without limit
              --list             print the names of the classes, and run none
            -D and -X before the options reach the tests: -Dgossamer.backend=NAME for fl-core, and
            -Dgossamer.test.require=NAME to fail instead of skip where that backend cannot run.
            Exit codes: 0 good, 1 a test failed or none ran, 2 usage.
            """.formatted(String.join(", ", Suites.NAMES));

    private TestRunner() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs the command; the answer is its exit code. */
    static int run(String... args) {
        try {
            return run(Options.of(args));
        } catch (IllegalArgumentException e) {
            System.err.println("contracts: " + e.getMessage());
            return USAGE;
        } catch (IOException | UncheckedIOException e) {
            System.err.println("contracts: " + e);
            return FAILED;
        } catch (InterruptedException e) {
            System.err.println("contracts: interrupted");
            return FAILED;
        }
    }

    private static int run(Options options) throws IOException, InterruptedException {
        if (options.help || options.suites.isEmpty()) {
            System.out.print(HELP);
            return options.help ? 0 : USAGE;
        }
        List<String> classes = new ArrayList<>(Suites.classes(options.suites));
        if (!options.without.isEmpty()) {
            classes.removeAll(Suites.classes(options.without));
        }
        if (options.list) {
            classes.forEach(System.out::println);
            return 0;
        }
        Results results = new Results(options.results);
        List<ClassResult> done = new ArrayList<>();
        List<String> beside = new ArrayList<>(classes);
        List<String> alone = classes.stream().filter(TestRunner::looksForLeaks).toList();
        beside.removeAll(alone);
        runAll(beside, options, options.jobs, results, done);
        runAll(alone, options, 1, results, done);
        ClassResult total = ClassResult.total(done);
        System.out.printf("%d passed, %d failed, %d skipped%n", total.passed(), total.failed(), total.skipped());
        total.skips().forEach((reason, count) -> System.out.printf("%6d skipped: %s%n", count, reason));
        return total.failed() == 0 && total.passed() > 0 ? 0 : FAILED;
    }

    /** By counting the bytes that a device has in use, whoever uses them. */
    private static boolean looksForLeaks(String name) {
        return name.endsWith("LeakTest");
    }

    /** Runs so many at a time, and tells each as it ends. */
    private static void runAll(List<String> classes, Options options, int jobs, Results results, List<ClassResult> done)
            throws IOException, InterruptedException {
        try (ExecutorService pool = Executors.newFixedThreadPool(jobs)) {
            CompletionService<ClassResult> running = new ExecutorCompletionService<>(pool);
            classes.forEach(name -> running.submit(() -> resultOf(name, options, results)));
            try {
                for (int i = 0; i < classes.size(); i++) {
                    ClassResult result = running.take().get();
                    boolean ranBefore = results.of(result.name()) != null;
                    if (!ranBefore) {
                        results.add(result);
                    }
                    System.out.println(result.line() + (ranBefore ? " (ran before)" : ""));
                    result.failures().forEach(failure -> System.out.println("    failed: " + failure));
                    done.add(result);
                }
            } finally {
                // Where a result cannot be kept, no more are worth waiting for.
                pool.shutdownNow();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A class that cannot be started has failed, and the others go on. */
    private static ClassResult resultOf(String name, Options options, Results results) throws InterruptedException {
        ClassResult known = results.of(name);
        if (known != null) {
            return known;
        }
        if (options.here) {
            return InJvm.run(name);
        }
        try {
            return Child.run(name, options.limit);
        } catch (IOException e) {
            return ClassResult.lost(name, 0, "it could not be run: " + e);
        }
    }

    private static final class Options {

        private final List<String> suites = new ArrayList<>();
        private final List<String> without = new ArrayList<>();
        private @Nullable Path results;
        private int limit = 240;
        private int jobs = 1;
        private boolean here;
        private boolean list;
        private boolean help;

        static Options of(String... args) {
            Options options = new Options();
            Deque<String> rest = new ArrayDeque<>(List.of(args));
            while (!rest.isEmpty()) {
                String arg = rest.pop();
                switch (arg) {
                    case "--results" -> options.results = Path.of(value(arg, rest));
                    case "--without" -> options.without.add(value(arg, rest));
                    case "--limit" -> options.limit = positive(arg, "seconds", value(arg, rest));
                    case "--jobs" -> options.jobs = positive(arg, "classes", value(arg, rest));
                    case "--here" -> options.here = true;
                    case "--list" -> options.list = true;
                    case "-h", "--help" -> options.help = true;
                    default -> {
                        if (arg.startsWith("-")) {
                            throw new IllegalArgumentException("no option " + arg + "; --help lists them");
                        }
                        options.suites.add(arg);
                    }
                }
            }
            if (options.here && options.jobs > 1) {
                throw new IllegalArgumentException("--here runs one class after the other; leave --jobs out");
            }
            return options;
        }

        private static String value(String option, Deque<String> rest) {
            if (rest.isEmpty()) {
                throw new IllegalArgumentException(option + " needs a value");
            }
            return rest.pop();
        }

        private static int positive(String option, String what, String value) {
            try {
                int number = Integer.parseInt(value);
                if (number > 0) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // said below
            }
            throw new IllegalArgumentException(option + " needs a number of " + what + " of at least 1, got " + value);
        }
    }
}
