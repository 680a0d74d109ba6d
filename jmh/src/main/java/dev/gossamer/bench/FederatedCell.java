package dev.gossamer.bench;

import dev.gossamer.bench.results.Measured;
import dev.gossamer.bench.results.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A whole federated run, ours and PyTorch's: the same algorithm from the same model on the same samples, evaluation of every
 * round included. Ours is the ordinary run in a process of its own, messages encoded and decoded; that it writes its directory,
 * mostly on another thread, is in no round's time. PyTorch's is {@code pytorch_federated.py}, a dense model with a mask. Both use
 * as many threads, PyTorch one in each of so many processes.
 */
final class FederatedCell {

    private static final String PROGRAM = "pytorch_federated.py";

    /** Lines of progress for so many rounds. */
    private static final int TOLD = 20;

    private final FederatedProblem problem;
    private final int threads;

    FederatedCell(FederatedProblem problem, int threads) {
        this.problem = problem;
        this.threads = threads;
    }

    /**
     * Ours, all rounds.
     *
     * @param folder with the data
     * @param engine options of the command line that choose the engine
     */
    FederatedRun ours(Path folder, List<String> engine) {
        try {
            Path directory = Files.createTempDirectory("gossamer-federated");
            try {
                List<String> command = new ArrayList<>(List.of(
                        EngineRun.NAME,
                        "--data",
                        folder.toAbsolutePath().toString(),
                        "--rounds",
                        Integer.toString(problem.config.rounds()),
                        "--threads",
                        Integer.toString(threads),
                        "--out",
                        directory.toString()));
                command.addAll(engine);
                ChildJvm.run(command);
                return read(EngineRun.metrics(directory));
            } finally {
                delete(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot keep what the run writes", e);
        }
    }

    private static FederatedRun read(Path metrics) throws IOException {
        JsonMapper json = JsonMapper.shared();
        List<JsonNode> rounds =
                Files.readAllLines(metrics).stream().map(json::readTree).toList();
        return run(rounds, "nonZeroParameters");
    }

    private static FederatedRun run(List<JsonNode> rounds, String nnz) {
        return new FederatedRun(
                rounds.stream()
                        .mapToDouble(round -> round.path("seconds").asDouble())
                        .toArray(),
                rounds.stream()
                        .mapToDouble(round -> round.path("accuracy").asDouble())
                        .toArray(),
                rounds.stream().mapToLong(round -> round.path(nnz).asLong()).toArray());
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /**
     * PyTorch's.
     *
     * @param rounds how many, from the first one on, of the schedule of all
     * @throws MissingPeerException if there is none
     */
    FederatedRun pyTorch(String python, int rounds) throws MissingPeerException {
        try (PyTorch torch = PyTorch.start(python, PROGRAM)) {
            System.err.println("# " + torch.version() + ", " + threads + " processes");
            torch.ask(request(torch));
            List<JsonNode> done = new ArrayList<>();
            while (done.size() < rounds) {
                done.add(torch.ask(Map.of("do", "round")));
                tell(done.size(), rounds, done.getLast().path("accuracy").asDouble());
            }
            return run(done, "nnz");
        }
    }

    private Map<String, Object> request(PyTorch torch) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("do", "open");
        request.put("processes", threads);
        request.put("kept", problem.kept());
        request.put("seed", problem.config.seed());
        request.put("widths", problem.widths());
        request.put("rate", problem.config.lr());
        request.put("epochs", problem.config.epochs());
        request.put("batch", problem.config.batch());
        request.put("scale", problem.scale());
        request.put("train", problem.data.train().count());
        request.put("test", problem.data.test().count());
        request.put("parts", problem.partSizes());
        request.put(
                "files",
                Map.of(
                        "trainImages", bytes(torch, problem.data.train().images()),
                        "trainLabels", bytes(torch, problem.data.train().labels()),
                        "testImages", bytes(torch, problem.data.test().images()),
                        "testLabels", bytes(torch, problem.data.test().labels()),
                        "parts", torch.ints(problem.partSamples()),
                        "initial", torch.floats(problem.initial())));
        return request;
    }

    private static String bytes(PyTorch torch, MemorySegment segment) {
        return torch.bytes(segment.toArray(ValueLayout.JAVA_BYTE));
    }

    /** A line now and then, so that a person sees that it goes on. */
    static void tell(int round, int rounds, double accuracy) {
        if (round == 1 || round == rounds || round % Math.max(1, rounds / TOLD) == 0) {
            System.err.printf(Locale.ROOT, "# round %d of %d: accuracy %.4f%n", round, rounds, accuracy);
        }
    }

    /**
     * The row. The first round of both, in which they warm up, counts once.
     *
     * @param theirs its first rounds are enough, two at least: each after the first costs PyTorch the same
     * @throws AssertionError if a round left other numbers of parameters: then one is no peer of the other
     */
    Measured row(FederatedRun ours, @Nullable FederatedRun theirs) {
        String name = problem.config.method() + ", " + problem.config.dataset() + ", sparsity "
                + problem.config.options().real("sparsity") + ", " + problem.config.rounds() + " rounds";
        int rounds = problem.config.rounds();
        double value = rate(ours);
        if (theirs == null) {
            return new Measured(Row.alone(name, value, Suite.STEPS, null), ours.around(value, rounds), null, null);
        }
        for (int round = 0; round < theirs.rounds(); round++) {
            if (ours.nnz()[round] != theirs.nnz()[round]) {
                throw new AssertionError("round " + (round + 1) + " leaves " + ours.nnz()[round]
                        + " parameters, but in PyTorch " + theirs.nnz()[round]);
            }
        }
        double ratio = theirs.totalSeconds(rounds) / ours.totalSeconds(rounds);
        Row row = new Row(name, value, Suite.STEPS, peer(theirs), rate(theirs), ratio, Targets.FEDERATED, null);
        return new Measured(row, ours.around(value, rounds), ours.around(ratio, theirs, rounds), null);
    }

    private String peer(FederatedRun theirs) {
        String all = "PyTorch dense, " + threads + " processes";
        return theirs.rounds() == problem.config.rounds()
                ? all
                : all + ", by " + theirs.rounds() + " of " + problem.config.rounds() + " rounds";
    }

    /** Training steps in a second of the run. */
    private double rate(FederatedRun run) {
        int rounds = problem.config.rounds();
        return problem.stepsPerRound() * rounds / run.totalSeconds(rounds);
    }

    /** Wall-clock times, and what came of them, for people. */
    String text(FederatedRun ours, @Nullable FederatedRun theirs) {
        int rounds = problem.config.rounds();
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "# ours:    %7.1f s for %d rounds (%,d steps), accuracy %.4f, %,d parameters left%n",
                ours.totalSeconds(rounds),
                rounds,
                problem.stepsPerRound() * rounds,
                ours.accuracyAt(rounds),
                ours.nnz()[rounds - 1]));
        if (theirs != null) {
            int measured = theirs.rounds();
            text.append(String.format(
                    Locale.ROOT,
                    "# PyTorch: %7.1f s for %d rounds%s, accuracy after round %d %.4f (ours %.4f)%n",
                    theirs.totalSeconds(rounds),
                    rounds,
                    measured == rounds ? "" : ", computed from " + measured + " that were run",
                    measured,
                    theirs.accuracyAt(measured),
                    ours.accuracyAt(measured)));
        }
        return text.toString();
    }
}
