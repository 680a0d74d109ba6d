package dev.gossamer.bench;

import dev.gossamer.bench.ModelProblem.Size;
import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.sparsity.DensityRule;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import tools.jackson.databind.json.JsonMapper;

/**
 * Times operations and models at the word of another process, so that the same of a vendor's library or of PyTorch can be timed
 * in turn with ours, on the same numbers. Reads a command from each line of standard input and answers it with a line on standard output,
 * which begins with {@code ok} or {@code error}:
 *
 * <pre>{@code
 * device                                  ok DESCRIPTION
 * tuning ENTRY                            ok VALUE    of the table in force
 * open spmm ROWSxCOLS DENSITY N FOLDER    ok NNZ     writes rowptr, colidx (int32), values, b and the answer c (f32, row-major)
 * open sddmm ROWSxCOLS DENSITY N FOLDER   ok NNZ     the same, with a and b, both with N columns; c has the entries of the pattern
 * open spmm DLMC N CALLS COPIES FOLDER    ok NNZ HOW    the same of a matrix of DLMC, as Repeated: a repetition is a step of CALLS
 * open sddmm DLMC N CALLS COPIES FOLDER   ok NNZ HOW
 * open gemm ROWSxCOLS N FOLDER            ok 0       writes a, b and c
 * open axpy COUNT                         ok 0       for the costs of a launch alone
 * open relu COUNT                         ok 0
 * open step MODEL BATCH DENSITY           ok LOSSES   of a training's first steps, as ModelProblem has them
 * open step MODEL BATCH DENSITY swat      ok LOSSES   with dense parameters, of which SWAT selects so many in each step
 * open infer MODEL BATCH DENSITY          ok LOSS     a batch forward
 * open clients COUNT MODEL BATCH DENSITY  ok          trainings side by side; one of the repetitions is a step of each
 * describe FOLDER                         ok FILE     what pytorch_peer.py opens for the same model; its operands lie in the folder
 * loss                                    ok LOSS     of the last steps of a training, up to an epoch
 * time REPETITIONS                        ok NANOS ENQUEUED    from the first call to the end of the work; to the last call's return
 * waits REPETITIONS                       ok NANOS    the same, each repetition waited for before the next one
 * close                                   ok
 * }</pre>
 *
 * <p>A matrix of DLMC is named by its path below {@code dlmc/}, without the ending, in the folder of data sets that the property
 * {@value Patterns#DATA_PROPERTY} names.
 */
@Command(name = "serve", hidden = true, description = "Times operations at the word of another process.")
final class OpServer implements Callable<Integer> {

    private static final long SEED = 20_25;

    private @Nullable Opened opened;

    /**
     * What is timed.
     *
     * @param answer to the command that opened it
     * @param problem the model, if it is one
     */
    private record Opened(
            Queued work, String answer, @Nullable ModelProblem problem) {

        Opened(QueuedOp op) {
            this(op, op.describe(), null);
        }

        <T extends Queued & Contender> Opened(T model, ModelProblem problem) {
            this(model, join(model.result()), problem);
        }
    }

    /**
     * What a command says of a sparse product.
     *
     * @param repeated null for a single call
     * @param words of the command up to the folder
     */
    private record Sparse(SparsityPattern pattern, int columns, QueuedOp.@Nullable Repeated repeated, int words) {

        static Sparse parse(String[] words) {
            if (!Patterns.isDlmc(words[2])) {
                return new Sparse(
                        Patterns.uniform(Dims.parse(words[2]), Double.parseDouble(words[3]), SEED),
                        Integer.parseInt(words[4]),
                        null,
                        5);
            }
            return new Sparse(
                    Patterns.dlmc(words[2]),
                    Integer.parseInt(words[3]),
                    new QueuedOp.Repeated(Integer.parseInt(words[4]), Integer.parseInt(words[5])),
                    6);
        }
    }

    /** Serves until standard input ends. */
    @Override
    public Integer call() throws IOException {
        serve(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)), System.out);
        return 0;
    }

    void serve(BufferedReader in, PrintStream out) throws IOException {
        try (Backend backend = Backends.open().backend()) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.println(answer(backend, line.strip()));
                out.flush();
            }
            close();
        }
    }

    /** Whatever goes wrong is an answer: the other side has more to ask. */
    private String answer(Backend backend, String line) {
        try {
            String[] words = line.split(" ", -1);
            return "ok "
                    + switch (words[0]) {
                        case "device" -> backend.device();
                        case "tuning" -> Double.toString(backend.tuning().get(words[1]));
                        case "open" -> open(backend, words);
                        case "describe" -> describe(folder(words, 1));
                        case "loss" -> Float.toString(training().loss());
                        case "time" -> time(Integer.parseInt(words[1]));
                        case "waits" -> waits(Integer.parseInt(words[1]));
                        case "close" -> {
                            close();
                            yield "";
                        }
                        default -> throw new IllegalArgumentException("no command " + words[0]);
                    };
        } catch (RuntimeException | IOException e) {
            return ("error " + e).replace('\n', ' ');
        }
    }

    private String open(Backend backend, String[] words) throws IOException {
        close();
        Opened made = switch (words[1]) {
            case "step" -> step(backend, words);
            case "infer" -> {
                ModelProblem problem = problem(words, 2);
                yield new Opened(new EngineInference(backend, problem), problem);
            }
            case "clients" ->
                new Opened(new QueuedClients(backend, problem(words, 3), Integer.parseInt(words[2])), "", null);
            default -> new Opened(operation(backend, words));
        };
        opened = made;
        return made.answer;
    }

    private static QueuedOp operation(Backend backend, String[] words) throws IOException {
        return switch (words[1]) {
            case "spmm" -> {
                Sparse sparse = Sparse.parse(words);
                yield QueuedOp.spmm(
                        backend,
                        new SpmmProblem(sparse.pattern, sparse.columns, SEED),
                        sparse.repeated,
                        folder(words, sparse.words));
            }
            case "sddmm" -> {
                Sparse sparse = Sparse.parse(words);
                yield QueuedOp.sddmm(
                        backend,
                        new SddmmProblem(sparse.pattern, sparse.columns, SEED),
                        sparse.repeated,
                        folder(words, sparse.words));
            }
            case "gemm" ->
                QueuedOp.gemm(
                        backend,
                        new SpmmProblem(
                                Patterns.uniform(Dims.parse(words[2]), 1, SEED), Integer.parseInt(words[3]), SEED),
                        folder(words, 4));
            case "axpy" -> QueuedOp.axpy(backend, Integer.parseInt(words[2]));
            case "relu" -> QueuedOp.relu(backend, Integer.parseInt(words[2]));
            default -> throw new IllegalArgumentException("no operation " + words[1]);
        };
    }

    /** The model, the batch and the density that a command names one after the other. */
    private static ModelProblem problem(String[] words, int from) {
        return new ModelProblem(
                Size.published(words[from], Integer.parseInt(words[from + 1])), Double.parseDouble(words[from + 2]));
    }

    private static Opened step(Backend backend, String[] words) {
        if (words.length == 5) {
            ModelProblem problem = problem(words, 2);
            return new Opened(new EngineTraining(backend, problem), problem);
        }
        if (!words[5].equals("swat")) {
            throw new IllegalArgumentException("no method " + words[5]);
        }
        ModelProblem dense = new ModelProblem(Size.published(words[2], Integer.parseInt(words[3])), 1);
        SparseTraining swat = SparseTraining.swat(DensityRule.UNIFORM, Double.parseDouble(words[4]));
        return new Opened(new EngineTraining(backend, dense, swat), dense);
    }

    private Opened opened() {
        if (opened == null) {
            throw new IllegalArgumentException("nothing is open");
        }
        return opened;
    }

    private EngineTraining training() {
        if (opened().work instanceof EngineTraining training) {
            return training;
        }
        throw new IllegalArgumentException("what is open is no training");
    }

    /** Writes the request that makes PyTorch's side open the same. */
    private String describe(Path folder) throws IOException {
        ModelProblem problem = opened().problem;
        if (problem == null) {
            throw new IllegalArgumentException("what is open is no model");
        }
        OperandFiles files = new OperandFiles(folder);
        Map<String, Object> request = opened().work instanceof EngineTraining
                ? PyTorch.training(problem, files)
                : PyTorch.inference(problem, files);
        return Files.writeString(
                        folder.resolve("request.json"),
                        JsonMapper.builder().build().writeValueAsString(request))
                .toString();
    }

    private static String join(float[] numbers) {
        StringJoiner joined = new StringJoiner(" ");
        for (float number : numbers) {
            joined.add(Float.toString(number));
        }
        return joined.toString();
    }

    /** A folder may have spaces in its name, and comes last. */
    private static Path folder(String[] words, int from) {
        return Path.of(String.join(" ", Arrays.asList(words).subList(from, words.length)));
    }

    private String time(int repetitions) {
        Queued timed = opened().work;
        timed.sync();
        long start = System.nanoTime();
        timed.enqueue(repetitions);
        long enqueued = System.nanoTime() - start;
        timed.sync();
        return System.nanoTime() - start + " " + enqueued;
    }

    private String waits(int repetitions) {
        Queued timed = opened().work;
        timed.sync();
        long start = System.nanoTime();
        for (int i = 0; i < repetitions; i++) {
            timed.enqueue(1);
            timed.sync();
        }
        return Long.toString(System.nanoTime() - start);
    }

    private void close() {
        if (opened != null) {
            Queued work = opened.work;
            opened = null;
            work.close();
        }
    }
}
