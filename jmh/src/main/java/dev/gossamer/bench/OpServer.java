package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/**
 * Times operations at the word of another process, so that the same operation of a vendor's library can be timed in turn with
 * ours, on the same numbers. Reads a command from each line of standard input and answers it with a line on standard output,
 * which begins with {@code ok} or {@code error}:
 *
 * <pre>{@code
 * device                                  ok DESCRIPTION
 * tuning ENTRY                            ok VALUE    of the table in force
 * open spmm ROWSxCOLS DENSITY N FOLDER    ok NNZ     writes rowptr, colidx (int32), values, b and the answer c (f32, row-major)
 * open sddmm ROWSxCOLS DENSITY N FOLDER   ok NNZ     the same, with a and b, both with N columns; c has the entries of the pattern
 * open gemm ROWSxCOLS N FOLDER            ok 0       writes a, b and c
 * open axpy COUNT                         ok 0       for the costs of a launch alone
 * open relu COUNT                         ok 0
 * time REPETITIONS                        ok NANOS ENQUEUED    from the first call to the end of the work; to the last call's return
 * close                                   ok
 * }</pre>
 */
@Command(name = "serve", hidden = true, description = "Times operations at the word of another process.")
final class OpServer implements Callable<Integer> {

    private static final long SEED = 20_25;

    private @Nullable QueuedOp op;

    /** Serves until standard input ends. */
    @Override
    public Integer call() throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = System.out;
        try (Backend backend = Backends.open().backend()) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.println(answer(backend, line.strip()));
                out.flush();
            }
            close();
        }
        return 0;
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
                        case "time" -> time(Integer.parseInt(words[1]));
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
        op = switch (words[1]) {
            case "spmm" ->
                QueuedOp.spmm(
                        backend,
                        new SpmmProblem(
                                Patterns.uniform(Dims.parse(words[2]), Double.parseDouble(words[3]), SEED),
                                Integer.parseInt(words[4]),
                                SEED),
                        folder(words, 5));
            case "sddmm" ->
                QueuedOp.sddmm(
                        backend,
                        new SddmmProblem(
                                Patterns.uniform(Dims.parse(words[2]), Double.parseDouble(words[3]), SEED),
                                Integer.parseInt(words[4]),
                                SEED),
                        folder(words, 5));
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
        return Long.toString(op.nnz());
    }

    /** A folder may have spaces in its name, and comes last. */
    private static Path folder(String[] words, int from) {
        return Path.of(String.join(" ", Arrays.asList(words).subList(from, words.length)));
    }

    private String time(int repetitions) {
        QueuedOp timed = op;
        if (timed == null) {
            throw new IllegalArgumentException("nothing is open");
        }
        timed.sync();
        long start = System.nanoTime();
        for (int i = 0; i < repetitions; i++) {
            timed.enqueue();
        }
        long enqueued = System.nanoTime() - start;
        timed.sync();
        return System.nanoTime() - start + " " + enqueued;
    }

    private void close() {
        if (op != null) {
            op.close();
            op = null;
        }
    }
}
