package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that train the same model side by side, each on a thread and in a workspace of its own. */
final class QueuedClients implements Queued {

    private final List<ExecutorService> threads = new ArrayList<>();
    private final List<EngineTraining> clients = new ArrayList<>();
    private final List<Future<?>> running = new ArrayList<>();

    QueuedClients(Backend backend, ModelProblem problem, int count) {
        for (int i = 0; i < count; i++) {
            threads.add(Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("client-" + i).daemon().factory()));
        }
        try {
            for (ExecutorService thread : threads) {
                clients.add(got(thread.submit(() -> new EngineTraining(backend, problem))));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Each client takes so many steps. */
    @Override
    public void enqueue(int repetitions) {
        for (int i = 0; i < clients.size(); i++) {
            EngineTraining client = clients.get(i);
            running.add(threads.get(i).submit(() -> {
                client.enqueue(repetitions);
                client.sync();
            }));
        }
    }

    @Override
    public void sync() {
        running.forEach(QueuedClients::got);
        running.clear();
    }

    private static <T> T got(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("A client failed: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Waiting for clients was interrupted", e);
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < clients.size(); i++) {
            EngineTraining client = clients.get(i);
            Callable<?> close = () -> {
                client.close();
                return client;
            };
            got(threads.get(i).submit(close));
        }
        threads.forEach(ExecutorService::shutdown);
    }
}
