package dev.gossamer.bench;

import dev.gossamer.bench.results.Json;
import dev.gossamer.bench.results.Machine;
import dev.gossamer.bench.results.Measured;
import dev.gossamer.bench.results.ResultFile;
import dev.gossamer.bench.results.Table;
import dev.gossamer.engine.Backend;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench federated}. */
@Command(
        name = "federated",
        mixinStandardHelpOptions = true,
        description = {
            "A whole federated run, FedSparsify-Global on FashionMNIST at 90 %%, beside the same in PyTorch: wall-clock and steps a"
                    + " second, evaluation and encoding included.",
            "Ours is the ordinary run in a process of its own; PyTorch is a dense model with a mask, in as many processes as ours"
                    + " has threads. Without PyTorch the row has no ratio."
        },
        footer = {"", "Example: gossamer bench federated --data DIR --rounds 20"})
final class FederatedCommand implements Callable<Integer> {

    @Mixin
    private BackendOption backend = new BackendOption();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = {"Folder with fashion-mnist.", "Default: $GOSSAMER_DATA, else this folder"})
    private @Nullable Path data;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "0",
            description = "A shorter schedule than that of the experiment, which has 200 rounds.")
    private int rounds;

    @Option(
            names = "--peer-rounds",
            paramLabel = "N",
            description = {
                "PyTorch runs the first N rounds only, two at least, and its time is computed from them: the first, in which it warms"
                        + " up, once, the mean of the others for the rest. Default: all of them"
            })
    private @Nullable Integer peerRounds;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "2",
            description = {"Threads of ours, processes of PyTorch.", "Default: ${DEFAULT-VALUE}"})
    private int threads;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the row there as a JSON array, and the machine and the errors beside it.")
    private @Nullable Path json;

    @Mixin
    private PythonOption python = new PythonOption();

    @Override
    public Integer call() throws MissingPeerException {
        if (rounds < 0 || threads < 1) {
            throw new IllegalArgumentException("--rounds and --threads are whole numbers of at least 1");
        }
        checkPeerRounds("--peer-rounds", peerRounds);
        Json.check(json);
        python.requireWhereNamed();
        Map<String, Object> machine = Machine.facts();
        try (Backend engine = backend.open().backend()) {
            machine.put("backend", engine.name() + ": " + engine.device());
        }
        System.out.print(Machine.text(machine));
        Measured row = measure(folder(data), rounds, threads, backend.again(), python.interpreter(), peerRounds);
        if (json != null) {
            ResultFile.write(json, List.of(row), machine);
        }
        return 0;
    }

    /** Of one round alone nobody knows what the next ones take. */
    static void checkPeerRounds(String option, @Nullable Integer peerRounds) {
        if (peerRounds != null && peerRounds < 2) {
            throw new IllegalArgumentException(
                    option + " is at least 2, as PyTorch warms up in its first round; got " + peerRounds);
        }
    }

    /** The folder that was named, else the environment's, else this one. */
    static Path folder(@Nullable Path named) {
        if (named != null) {
            return named;
        }
        String environment = System.getenv("GOSSAMER_DATA");
        return Path.of(environment == null ? "" : environment);
    }

    /**
     * Measures and prints.
     *
     * @param rounds of the schedule; 0 for the experiment's
     * @param peerRounds of PyTorch, two at least; null for all
     */
    static Measured measure(
            Path folder, int rounds, int threads, List<String> engine, String python, @Nullable Integer peerRounds) {
        try (FederatedProblem problem = FederatedProblem.load(folder, rounds)) {
            FederatedCell cell = new FederatedCell(problem, threads);
            FederatedRun ours = cell.ours(folder, engine);
            FederatedRun theirs = null;
            try {
                int all = problem.config.rounds();
                theirs = cell.pyTorch(python, peerRounds == null ? all : Math.min(peerRounds, all));
            } catch (MissingPeerException e) {
                System.out.println("# " + e.getMessage());
            }
            Measured row = cell.row(ours, theirs);
            System.out.println(Table.head());
            System.out.println(Table.line(row));
            System.out.print(cell.text(ours, theirs));
            return row;
        }
    }
}
