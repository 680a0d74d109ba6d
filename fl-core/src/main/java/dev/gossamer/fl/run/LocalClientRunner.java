package dev.gossamer.fl.run;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.EngineException;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.method.ClientException;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.nn.Footprint;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs clients on this machine, as many side by side as there are threads, each single-threaded in a workspace of its own.
 * Results do not depend on the number of threads: what a client does is a function of seed, round, client and message.
 *
 * <p>At most twice as many updates as threads are in flight or waiting to be folded. Within a budget of memory a run begins with
 * one thread, and gets as many as fit when a client has trained and its need is known. Where a device's memory runs out, there
 * are fewer.
 */
public final class LocalClientRunner implements Site.Session {

    private static final System.Logger LOG = System.getLogger(LocalClientRunner.class.getName());

    /** Updates that a worker may have on the heap: its own, decoded and encoded, and one that waits. */
    private static final int UPDATES = 3;

    private final WorkerPool pool;
    private final int threads;
    private final int parallelism;
    private final Budget budget;
    private final long modelBytes;
    private final AtomicLong workerBytes = new AtomicLong();
    private final int testBatches;
    private final ClientMemories memories;
    private final StopSignal stop;
    private final AtomicReference<@Nullable Footprint> footprint = new AtomicReference<>();

    /** Whether it was told that not even one client fits the budget. */
    private boolean tight;

    /** Starts the threads; uploads have values as they are. */
    public LocalClientRunner(Backend backend, ModelSpec spec, Dataset data, int[][] parts, long seed, int threads) {
        this(backend, spec, data, parts, seed, threads, ValueType.F32);
    }

    /**
     * Starts the threads.
     *
     * @param data must stay open as long as this runner
     * @param parts for each client the indices of its training samples
     * @param seed of the run
     * @param threads at least 1; no more are started than there are clients in a round, or than compute side by side
     * @param uploads what the values of clients' updates travel as; if that rounds, each client keeps what rounding took away
     *     and adds it to its next update
     */
    public LocalClientRunner(
            Backend backend, ModelSpec spec, Dataset data, int[][] parts, long seed, int threads, ValueType uploads) {
        this(
                new Worker.Setup(backend, spec, data, parts, seed, new ClientMemories(), uploads),
                threads,
                Budget.NONE,
                new StopSignal());
    }

    LocalClientRunner(Worker.Setup setup, int threads, Budget budget, StopSignal stop) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, got " + threads);
        }
        this.testBatches = setup.testBatches();
        this.memories = setup.memories();
        this.stop = stop;
        this.threads = threads;
        this.parallelism = setup.backend().parallelism();
        this.budget = budget;
        this.modelBytes = (setup.spec().parameterCount() + setup.spec().stateCount()) * Float.BYTES;
        this.pool = new WorkerPool(setup, budget.isBounded() ? 1 : Math.min(threads, parallelism));
    }

    @Override
    public void run(byte[] message, Cohort cohort, ClientWork work, Consumer<ClientUpdate> updates) {
        run(message, cohort, work, Function.identity(), updates);
    }

    @Override
    public <T> void run(
            byte[] message,
            Cohort cohort,
            ClientWork work,
            Function<? super ClientUpdate, ? extends T> reader,
            Consumer<? super T> readings) {
        memories.begin(cohort);
        List<Integer> clients = cohort.clients();
        Deque<CompletableFuture<T>> flight = new ArrayDeque<>();
        int most = Math.min(threads, Math.max(clients.size(), parallelism));
        if (!budget.isBounded()) {
            pool.grow(most);
        }
        int started = 0;
        AtomicBoolean over = new AtomicBoolean();
        try {
            for (int folded = 0; folded < clients.size(); folded++) {
                stop.check();
                while (started < clients.size() && started - folded < 2 * pool.size()) {
                    int client = clients.get(started++);
                    flight.add(pool.submit(worker -> reader.apply(
                            over.get() || stop.isGiven()
                                    ? ClientUpdate.failed(client, "the round was over")
                                    : perform(worker, client, message, work))));
                }
                T reading = await(flight.remove(), clients.get(folded), cohort.round());
                // A client that was stopped looks like one that failed, and the round would go on without it.
                stop.check();
                readings.accept(reading);
                growWithinBudget(most);
            }
        } finally {
            // A client that is still at it would remember what nobody waits for, in the midst of what comes next.
            over.set(true);
            CompletableFuture.allOf(flight.toArray(CompletableFuture[]::new))
                    .exceptionally(alsoFailed -> null)
                    .join();
        }
    }

    /** Not before a client has trained: those that fail, or only score, may not have taken what training takes. */
    private void growWithinBudget(int most) {
        long needed = workerBytes.get();
        if (needed > 0) {
            long each = needed + UPDATES * modelBytes;
            tellWhereTight(each);
            pool.grow(budget.workers(most, each));
        }
    }

    private void tellWhereTight(long each) {
        if (!tight && !budget.holds(each)) {
            tight = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "A client takes {0} MB, and all together may take {1} MB: they run one at a time, beyond that",
                    each / 1_000_000.0,
                    budget.bytes() / 1_000_000.0);
        }
    }

    private ClientUpdate perform(Worker worker, int client, byte[] message, ClientWork work) {
        ClientUpdate update = worker.attempt(client, message, work, memories, stop);
        if (update.failure() != null) {
            return update;
        }
        workerBytes.accumulateAndGet(worker.trainingBytes(), Math::max);
        footprint.accumulateAndGet(
                worker.footprint(), (most, its) -> its == null ? most : most == null ? its : most.larger(its));
        return update;
    }

    /** Threads there are now. */
    int threads() {
        return pool.size();
    }

    /** Memory of the client that took most so far; null if none has trained. */
    @Override
    public @Nullable Footprint footprint() {
        return footprint.get();
    }

    private static <T> T await(CompletableFuture<T> reading, int client, int round) {
        try {
            return reading.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ClientException(client, round, String.valueOf(cause.getMessage()), cause);
        }
    }

    /**
     * Batches go to whichever thread is free; their sums are added in the order of the samples. There are no more threads than
     * compute side by side: each has to take the model first, and large batches leave no device half idle.
     */
    @Override
    public Evaluation evaluate(ModelState model) {
        Evaluation[] batches = new Evaluation[testBatches];
        Queue<Integer> left = new ConcurrentLinkedQueue<>(
                IntStream.range(0, batches.length).boxed().toList());
        List<CompletableFuture<Void>> shares = new ArrayList<>();
        int workers = Math.min(testBatches, Math.min(pool.size(), parallelism));
        for (int i = 0; i < workers; i++) {
            shares.add(pool.submit(worker -> {
                worker.load(model);
                for (Integer batch = left.poll(); batch != null; batch = left.poll()) {
                    try {
                        batches[batch] = worker.evaluate(batch);
                    } catch (RuntimeException e) {
                        left.add(batch); // for the worker that this is tried again on
                        throw e;
                    }
                }
                return null;
            }));
        }
        try {
            shares.forEach(CompletableFuture::join);
        } catch (CompletionException e) {
            throw new EngineException("The global model could not be tested: " + e.getCause(), e);
        }
        return Arrays.stream(batches).reduce(Evaluation.NONE, Evaluation::plus);
    }

    /** Ends the threads and frees what they hold. */
    @Override
    public void close() {
        pool.close();
    }
}
