package dev.gossamer.fl.run;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Some platform threads with a {@link Worker} each. A worker is made, used and closed by its own thread, as
 * workspaces ask for. A worker that cannot be made fails every task that its thread takes.
 */
final class WorkerPool implements AutoCloseable {

    private sealed interface Task {}

    private record Job(Consumer<Worker> body, Consumer<Throwable> fail) implements Task {}

    /** Tells a thread to end; every thread takes one. */
    private record Stop() implements Task {}

    private final Worker.Setup setup;
    private final BlockingQueue<Task> queue = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    WorkerPool(Worker.Setup setup, int size) {
        this.setup = setup;
        grow(size);
    }

    /** Starts threads until there are so many; there are never fewer. By the thread that made it. */
    void grow(int size) {
        while (threads.size() < size) {
            threads.add(Thread.ofPlatform()
                    .name("gossamer-client-" + threads.size())
                    .daemon()
                    .start(this::work));
        }
    }

    int size() {
        return threads.size();
    }

    /** Runs a task on some worker. */
    <T> CompletableFuture<T> submit(Function<Worker, T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        queue.add(new Job(
                worker -> {
                    if (!result.isCancelled()) {
                        result.complete(task.apply(worker));
                    }
                },
                result::completeExceptionally));
        return result;
    }

    private void work() {
        try (Worker worker = new Worker(setup)) {
            while (take() instanceof Job job) {
                try {
                    job.body().accept(worker);
                } catch (RuntimeException | Error e) {
                    job.fail().accept(e);
                }
            }
        } catch (RuntimeException | Error e) {
            while (take() instanceof Job job) {
                job.fail().accept(e);
            }
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
        threads.forEach(thread -> queue.add(new Stop()));
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
