package dev.gossamer.fl.run;

import dev.gossamer.engine.EngineException;
import dev.gossamer.engine.OutOfDeviceMemoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Some platform threads with a {@link Worker} each. A worker is made, used and closed by its own thread, as
 * workspaces ask for. One that cannot be made fails every task that its thread takes.
 *
 * <p>A worker for whose task the memory of the device does not suffice is closed, and the task waits for another: tasks may
 * begin anew. Only where no other worker is left to give memory back does the task fail.
 */
final class WorkerPool implements AutoCloseable {

    private sealed interface Task {}

    private record Job(Consumer<Worker> body, Consumer<Throwable> fail) implements Task {}

    /** Tells a thread to end; every thread takes one. */
    private record Stop() implements Task {}

    private final Worker.Setup setup;
    private final BlockingDeque<Task> queue = new LinkedBlockingDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Crew crew = new Crew();

    /** Guarded by the queue, so that no task gets behind those that end the threads, and no thread misses them. */
    private boolean closed;

    WorkerPool(Worker.Setup setup, int size) {
        this.setup = setup;
        grow(size);
    }

    /**
     * Starts threads until there are so many, or as many as there is memory for; there are never fewer.
     *
     * @throws EngineException if the pool is closed
     */
    void grow(int size) {
        synchronized (queue) {
            requireOpen();
            while (crew.join(size)) {
                threads.add(Thread.ofPlatform()
                        .name("gossamer-client-" + threads.size())
                        .daemon()
                        .start(this::work));
            }
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new EngineException("The workers have ended");
        }
    }

    /** Workers there are now. */
    int size() {
        return crew.size();
    }

    /**
     * Runs a task on some worker. One that runs out of a device's memory half way is run again, from its beginning.
     *
     * @throws EngineException if the pool is closed
     */
    <T> CompletableFuture<T> submit(Function<Worker, T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Job job = new Job(worker -> result.complete(task.apply(worker)), result::completeExceptionally);
        synchronized (queue) {
            requireOpen();
            queue.add(job);
        }
        return result;
    }

    private void work() {
        boolean stays = true;
        while (stays) {
            stays = serve();
        }
    }

    /** A worker's life. Whether the thread goes on with another. */
    private boolean serve() {
        int departures = crew.departures();
        Job begun = null;
        try (Worker worker = new Worker(setup)) {
            while (take() instanceof Job job) {
                begun = job;
                perform(job, worker);
                begun = null;
            }
            return false;
        } catch (OutOfDeviceMemoryException e) {
            return afterShortage(begun, departures, e);
        } catch (RuntimeException | Error e) {
            failAll(e);
            return false;
        }
    }

    private static void perform(Job job, Worker worker) {
        try {
            job.body().accept(worker);
        } catch (OutOfDeviceMemoryException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            job.fail().accept(e);
        }
    }

    /**
     * What becomes of a task for which memory did not suffice, now that its worker is closed, and of its thread.
     *
     * @param job null if there was not even room for the worker
     * @param departures how many had left when the worker was made
     */
    private boolean afterShortage(@Nullable Job job, int departures, OutOfDeviceMemoryException shortage) {
        boolean leaves = crew.leave(shortage);
        if (leaves || crew.departures() != departures) {
            if (job != null) {
                queue.addFirst(job);
            }
            return !leaves;
        }
        if (job == null) {
            failAll(shortage);
            return false;
        }
        job.fail().accept(shortage);
        return true;
    }

    private void failAll(Throwable why) {
        while (take() instanceof Job job) {
            job.fail().accept(why);
        }
    }

    /** Interrupts are not how these threads end: they end by {@link Stop}, so that workspaces are closed in order. */
    private Task take() {
        while (true) {
            try {
                return queue.take();
            } catch (InterruptedException e) {
                System.getLogger(WorkerPool.class.getName())
                        .log(System.Logger.Level.DEBUG, "A client thread ignores an interrupt", e);
            }
        }
    }

    /** Ends the threads after the tasks they have, and waits for them. */
    @Override
    public void close() {
        synchronized (queue) {
            closed = true;
            threads.forEach(thread -> queue.add(new Stop()));
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
