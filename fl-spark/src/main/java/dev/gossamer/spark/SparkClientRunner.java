package dev.gossamer.spark;

import dev.gossamer.engine.EngineException;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.method.BlockWork;
import dev.gossamer.fl.method.ClientException;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.run.ClientHost;
import dev.gossamer.fl.run.ClientMemories;
import dev.gossamer.fl.run.ModelBytes;
import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.StopSignal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Runs clients on the executors of a Spark application. The global model is broadcast as encoded bytes; what comes back is
 * folded here in the cohort's order, so that a model is, bit by bit, that of the local runner.
 *
 * <p>A round goes out in windows, each a job: while one is folded the next is at work, so that no more than two windows of
 * updates are ever held. What clients remember stays with the driver: it goes out with a client's turn and comes back with its
 * answer. A lost executor or task is nothing to the result, since Spark repeats it from the same model and the same memory. A
 * client whose task is lost again and again, as often as {@code spark.task.maxFailures} says, is one that does not answer.
 */
final class SparkClientRunner implements Site.Session {

    private static final System.Logger LOG = System.getLogger(SparkClientRunner.class.getName());

    /** Windows at work or waiting to be folded. */
    private static final int IN_FLIGHT = 2;

    /** A window has so many tasks for each slot, so that short ones even out long ones... */
    private static final int TASKS_PER_SLOT = 2;

    /** ...and at least so many: a job costs some ten milliseconds. */
    private static final int LEAST_TASKS = 32;

    /** A task costs the driver milliseconds, whatever it does: large cohorts share them. */
    private static final int MOST_CLIENTS_PER_TASK = 8;

    /** With fewer, some slots would be idle where blocks are tasks. */
    private static final int BLOCKS_PER_SLOT = 2;

    private static final long POLL_MILLIS = 200;

    private final JavaSparkContext spark;
    private final RunSetup setup;
    private final int batches;
    private final ClientMemories memories;
    private final StopSignal stop;

    SparkClientRunner(JavaSparkContext spark, RunSetup setup, int batches, ClientMemories memories, StopSignal stop) {
        this.spark = spark;
        this.setup = setup;
        this.batches = batches;
        this.memories = memories;
        this.stop = stop;
    }

    /** Clients that are asked together. */
    private record Window(List<Integer> clients, JavaFutureAction<List<byte[]>> answers) {}

    /** What is done with a window: how it is submitted, and what becomes of its answers. */
    private interface Plan {

        Window submit(List<Integer> clients);

        void receive(Outcome outcome);

        /** The window's job was given up. */
        void rescue(Window window, ExecutionException failure);
    }

    @Override
    public void run(byte[] message, Cohort cohort, ClientWork work, Consumer<ClientUpdate> updates) {
        Broadcast<byte[]> model = broadcast(message);
        try {
            ClientTask task = new ClientTask(setup, model, work);
            int slots = slots();
            int perTask = Math.clamp(cohort.clients().size() / (4L * slots), 1, MOST_CLIENTS_PER_TASK);
            run(cohort, perTask * Math.max(LEAST_TASKS, TASKS_PER_SLOT * slots), new Plan() {

                @Override
                public Window submit(List<Integer> clients) {
                    return SparkClientRunner.this.submit(clients, perTask, task);
                }

                @Override
                public void receive(Outcome outcome) {
                    updates.accept(received(outcome, cohort));
                }

                @Override
                public void rescue(Window window, ExecutionException failure) {
                    oneByOne(window.clients(), cohort, task, failure, updates);
                }
            });
        } finally {
            destroy(model);
        }
    }

    /** Blocks are the tasks, so this pays as soon as there are enough of them to keep all slots busy. */
    @Override
    public boolean runBlocks(byte[] message, Cohort cohort, BlockWork work, Consumer<byte[]> blocks) {
        int slots = slots();
        if (cohort.clients().size() < (long) BLOCKS_PER_SLOT * slots * BlockWork.CLIENTS) {
            return false;
        }
        Broadcast<byte[]> model = broadcast(message);
        try {
            run(cohort, TASKS_PER_SLOT * slots * BlockWork.CLIENTS, new Plan() {

                @Override
                public Window submit(List<Integer> clients) {
                    return SparkClientRunner.this.submit(clients, new BlockTask(setup, model, work));
                }

                @Override
                public void receive(Outcome outcome) {
                    blocks.accept(folded(outcome, cohort));
                }

                @Override
                public void rescue(Window window, ExecutionException failure) {
                    ClientTask task = new ClientTask(setup, model, work.work());
                    for (List<Integer> clients : blocksOf(window.clients())) {
                        BlockWork.Block block = work.open(message);
                        oneByOne(clients, cohort, task, failure, block::take);
                        blocks.accept(block.encoded());
                    }
                }
            });
            return true;
        } finally {
            destroy(model);
        }
    }

    private void run(Cohort cohort, int size, Plan plan) {
        memories.begin(cohort);
        List<Integer> clients = cohort.clients();
        Deque<Window> flight = new ArrayDeque<>();
        try {
            for (int from = 0; from < clients.size() || !flight.isEmpty(); ) {
                stop.check();
                while (from < clients.size() && flight.size() < IN_FLIGHT) {
                    int to = Math.min(from + size, clients.size());
                    flight.add(plan.submit(clients.subList(from, to)));
                    from = to;
                }
                Window window = flight.remove();
                try {
                    await(window).forEach(answer -> plan.receive(Outcome.decode(answer)));
                } catch (ExecutionException e) {
                    requireSpark(cohort, e);
                    plan.rescue(window, e);
                }
            }
        } finally {
            flight.forEach(window -> window.answers().cancel(true));
        }
    }

    private List<Turn> turns(List<Integer> clients) {
        return clients.stream()
                .map(client -> new Turn(client, memories.encoded(client)))
                .toList();
    }

    private Window submit(List<Integer> clients, int perTask, ClientTask task) {
        int tasks = Math.ceilDiv(clients.size(), perTask);
        return new Window(
                clients,
                ask(() -> spark.parallelize(turns(clients), tasks).map(task).collectAsync()));
    }

    /** Each partition is a block, whose clients are next to each other in the cohort. */
    private Window submit(List<Integer> clients, BlockTask task) {
        List<List<Turn>> blocks = blocksOf(clients).stream().map(this::turns).toList();
        return new Window(
                clients,
                ask(() -> spark.parallelize(blocks, blocks.size())
                        .flatMap(List::iterator)
                        .mapPartitions(task)
                        .collectAsync()));
    }

    private static List<List<Integer>> blocksOf(List<Integer> clients) {
        List<List<Integer>> blocks = new ArrayList<>();
        for (int from = 0; from < clients.size(); from += BlockWork.CLIENTS) {
            blocks.add(clients.subList(from, Math.min(from + BlockWork.CLIENTS, clients.size())));
        }
        return blocks;
    }

    private List<byte[]> await(Window window) throws ExecutionException {
        try {
            while (true) {
                try {
                    return window.answers().get(POLL_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    stopIfAsked(window);
                }
            }
        } catch (InterruptedException e) {
            window.answers().cancel(true);
            Thread.currentThread().interrupt();
            throw new ExecutionException("Interrupted while clients were at work", e);
        }
    }

    private void stopIfAsked(Window window) {
        try {
            stop.check();
        } catch (RuntimeException e) {
            window.answers().cancel(true);
            throw e;
        }
    }

    private void requireSpark(Cohort cohort, ExecutionException e) {
        if (hasEnded()) {
            throw new ClientException(
                    cohort.clients().getFirst(), cohort.round(), "the Spark application has ended: " + reason(e), e);
        }
    }

    /** Whether Spark has, by itself. A signal stops it as well as the run, in either order: that one's end is the one to tell of. */
    private boolean hasEnded() {
        stop.check();
        if (!spark.sc().isStopped()) {
            return false;
        }
        for (int i = 0; i < 10; i++) {
            sleep();
            stop.check();
        }
        return true;
    }

    /** What the driver asks of Spark itself. */
    private <T> T ask(Callable<T> question) {
        try {
            return question.call();
        } catch (Exception e) { // Scala throws checked exceptions without declaring them
            if (hasEnded()) {
                throw new EngineException("The Spark application has ended: " + reason(e), e);
            }
            throw e instanceof RuntimeException plain ? plain : new EngineException("Spark failed: " + reason(e), e);
        }
    }

    private int slots() {
        return ask(() -> SparkSite.slots(spark));
    }

    private Broadcast<byte[]> broadcast(byte[] bytes) {
        return ask(() -> spark.broadcast(bytes));
    }

    /** Of an application that has ended there is nothing to destroy, and why it ended is being told. */
    private void destroy(Broadcast<byte[]> bytes) {
        try {
            bytes.destroy();
        } catch (RuntimeException e) {
            if (!spark.sc().isStopped()) {
                throw e;
            }
            LOG.log(System.Logger.Level.DEBUG, "A broadcast has ended with its application", e);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Some task of a window was given up, and Spark does not keep the answers of the others: each client gets a job of its own. */
    private void oneByOne(
            List<Integer> clients,
            Cohort cohort,
            ClientTask task,
            ExecutionException failure,
            Consumer<ClientUpdate> updates) {
        LOG.log(
                System.Logger.Level.WARNING,
                () -> "Round " + cohort.round() + ": Spark gave up a task of " + clients.size()
                        + " clients, which are now asked one by one: " + reason(failure));
        for (int client : clients) {
            stop.check();
            try {
                byte[] answer = await(submit(List.of(client), 1, task)).getFirst();
                updates.accept(received(Outcome.decode(answer), cohort));
            } catch (ExecutionException e) {
                requireSpark(cohort, e);
                updates.accept(ClientUpdate.failed(client, "Spark gave its task up: " + reason(e)));
            }
        }
    }

    /** The first line of what Spark says, without the stack that it puts into its message. */
    private static String reason(Exception e) {
        Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        String message = String.valueOf(cause.getMessage());
        return (cause instanceof SparkException ? "" : cause.getClass().getSimpleName() + ": ")
                + message.lines().findFirst().orElse(message);
    }

    private ClientUpdate received(Outcome outcome, Cohort cohort) {
        return switch (outcome) {
            case Outcome.Answered(ClientHost.Answer answer) -> {
                memories.replace(answer.update().client(), answer.memory());
                yield answer.update();
            }
            case Outcome.Unable(String reason) ->
                throw new ClientException(cohort.clients().getFirst(), cohort.round(), reason);
            case Outcome other -> throw unexpected(other);
        };
    }

    private byte[] folded(Outcome outcome, Cohort cohort) {
        return switch (outcome) {
            case Outcome.Folded(byte[] block, List<Outcome.Memory> kept) -> {
                kept.forEach(memory -> memories.replace(memory.client(), memory.bytes()));
                yield block;
            }
            case Outcome.Unable(String reason) ->
                throw new ClientException(cohort.clients().getFirst(), cohort.round(), reason);
            case Outcome other -> throw unexpected(other);
        };
    }

    private static IllegalStateException unexpected(Outcome outcome) {
        return new IllegalStateException("A task says what it was not asked for: " + outcome.text());
    }

    /** Batches go to all slots; their sums are added in the order of the samples. */
    @Override
    public Evaluation evaluate(ModelState model) {
        Broadcast<byte[]> bytes = broadcast(ModelBytes.encode(model));
        try {
            int tasks = Math.min(batches, slots());
            List<EvaluationTask.Range> ranges = new ArrayList<>();
            for (int i = 0; i < tasks; i++) {
                ranges.add(new EvaluationTask.Range(
                        (int) ((long) batches * i / tasks), (int) ((long) batches * (i + 1) / tasks)));
            }
            Evaluation sum = Evaluation.NONE;
            for (byte[] part : ask(() -> spark.parallelize(ranges, tasks)
                    .map(new EvaluationTask(setup, bytes))
                    .collect())) {
                switch (Outcome.decode(part)) {
                    case Outcome.Tested tested -> {
                        for (Evaluation batch : tested.batches()) {
                            sum = sum.plus(batch);
                        }
                    }
                    case Outcome.Unable unable -> throw new EngineException(unable.text());
                    case Outcome other -> throw unexpected(other);
                }
            }
            return sum;
        } finally {
            destroy(bytes);
        }
    }

    @Override
    public void close() {
        Hosts.close(setup);
    }
}
