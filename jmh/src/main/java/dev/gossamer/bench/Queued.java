package dev.gossamer.bench;

/** Work that is enqueued many times before it is waited for. */
interface Queued extends AutoCloseable {

    /** Enqueues it so many times, and waits for nothing. */
    void enqueue(int repetitions);

    /** Waits for all of it. */
    void sync();

    @Override
    void close();
}
