package dev.gossamer.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool that runs the parts of one kernel at a time, the caller among the workers. Waiting threads spin for some
 * microseconds and then park: a pool that dispatches through a queue costs ten times as much per kernel as small ones take.
 * Parts write disjoint outputs, so which thread runs which part changes no bit.
 */
final class Workers implements AutoCloseable {

    /** Work cut into numbered parts. */
    @FunctionalInterface
    interface Parts {
        void run(int part, int parts);
    }

    private static final int SPINS = 20_000;

    private final Worker[] workers;
    private final ReentrantLock busy = new ReentrantLock();
    private final AtomicInteger running = new AtomicInteger();
    private volatile boolean closed;
    private @Nullable Parts task;
    private int parts;
    private volatile @Nullable Throwable failure;

    Workers(int size) {
        workers = new Worker[size - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
        }
    }

    /** Threads that can work on one kernel, the caller included. */
    int size() {
        return workers.length + 1;
    }

    /**
     * Runs all parts and returns when they are done. Where another workspace is using the pool, the caller runs them itself:
     * the result is the same, and waiting would be slower.
     */
    void run(int wanted, Parts body) {
        if (wanted <= 1 || wanted > size() || !busy.tryLock()) {
            runHere(wanted, body);
            return;
        }
        try {
            if (closed) {
                runHere(wanted, body);
            } else {
                dispatch(wanted, body);
            }
        } finally {
            busy.unlock();
        }
    }

    private static void runHere(int wanted, Parts body) {
        for (int part = 0; part < wanted; part++) {
            body.run(part, wanted);
        }
    }

    private void dispatch(int count, Parts body) {
        task = body;
        parts = count;
        failure = null;
        running.set(count - 1);
        for (int i = 0; i < count - 1; i++) {
            workers[i].wake();
        }
        try {
            body.run(0, count);
        } finally {
            while (running.get() > 0) {
                Thread.onSpinWait();
            }
            task = null;
        }
        Throwable thrown = failure;
        if (thrown != null) {
            throw new IllegalStateException("A worker thread failed: " + thrown, thrown);
        }
    }

    /** After the kernel that is under way: its parts are answered before the threads end. */
    @Override
    public void close() {
        busy.lock();
        try {
            closed = true;
            for (Worker worker : workers) {
                worker.wake();
            }
        } finally {
            busy.unlock();
        }
    }

    /** One thread; its ticket goes up once for every kernel that has a part for it, and it answers each exactly once. */
    private final class Worker implements Runnable {

        private final int number;
        private final Thread thread;
        private volatile int ticket;

        Worker(int number) {
            this.number = number;
            this.thread =
                    Thread.ofPlatform().daemon().name("gossamer-cpu-" + number).unstarted(this);
            thread.start();
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // written by the holder of the lock only
        void wake() {
            ticket++;
            LockSupport.unpark(thread);
        }

        @Override
        public void run() {
            int seen = 0;
            while (true) {
                await(seen);
                seen++;
                Parts body = task;
                if (closed || body == null) {
                    return;
                }
                try {
                    body.run(number, parts);
                } catch (Throwable e) {
                    failure = e;
                } finally {
                    running.decrementAndGet();
                }
            }
        }

        private void await(int seen) {
            int spins = 0;
            while (ticket == seen) {
                if (++spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(Workers.this);
                }
            }
        }
    }
}
