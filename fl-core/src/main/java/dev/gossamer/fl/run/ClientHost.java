package dev.gossamer.fl.run;

import dev.gossamer.engine.EngineException;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.nn.Evaluation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * One process's share of a run whose rounds are driven elsewhere: workers for as many clients as are asked to work at once.
 * It keeps nothing from call to call that a result depends on: what a client remembers comes with the call, and goes back with
 * its answer. Any thread may call.
 */
public final class ClientHost implements AutoCloseable {

    private final WorkerPool pool;
    private int atWork;

    /**
     * A host without workers yet.
     *
     * @param experiment whose data and backend stay open as long as this host
     */
    public ClientHost(Experiment experiment) {
        this(experiment.setup(new ClientMemories()));
    }

    ClientHost(Worker.Setup setup) {
        this.pool = new WorkerPool(setup, 0);
    }

    /**
     * What a client did.
     *
     * @param memory all that it remembers now, see {@link ClientMemories#encoded}
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    public record Answer(ClientUpdate update, byte[] memory) {}

    /**
     * One client's part of a round; one that fails does not answer.
     *
     * @param message the encoded model
     * @param memory what it remembers from earlier rounds, see {@link ClientMemories#encoded}
     * @throws EngineException if there can be no worker here
     */
    public Answer perform(int client, byte[] message, ClientWork work, byte[] memory) {
        ClientMemories memories = new ClientMemories();
        memories.replace(client, memory);
        ClientUpdate update = onWorker(worker -> worker.attempt(client, message, work, memories, new StopSignal()));
        return new Answer(update, memories.encoded(client));
    }

    /** Batches of test samples that {@link #evaluate} counts through. */
    public static int testBatches(Experiment experiment) {
        return experiment.setup(new ClientMemories()).testBatches();
    }

    /**
     * A model on some batches of the test samples, one by one.
     *
     * @param model from {@link ModelBytes}
     * @param from the first of the batches
     * @param to behind the last
     */
    public List<Evaluation> evaluate(byte[] model, int from, int to) {
        ModelState state = ModelBytes.decode(model);
        return onWorker(worker -> {
            worker.load(state);
            List<Evaluation> batches = new ArrayList<>();
            for (int batch = from; batch < to; batch++) {
                batches.add(worker.evaluate(batch));
            }
            return batches;
        });
    }

    private <T> T onWorker(Function<Worker, T> task) {
        synchronized (pool) {
            pool.grow(atWork + 1);
            atWork++;
        }
        try {
            return pool.submit(task).join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new EngineException(String.valueOf(cause), cause);
        } finally {
            synchronized (pool) {
                atWork--;
            }
        }
    }

    /** Ends the workers; who asks for work from then on gets an {@link EngineException}. */
    @Override
    public void close() {
        pool.close();
    }
}
