package dev.gossamer.cuda.device;

import java.util.concurrent.atomic.AtomicLong;

/** What is held of one device now. All zero once everything that was made is closed; tests hold it to that. */
public final class Live {

    private final AtomicLong deviceBytes = new AtomicLong();
    private final AtomicLong pinnedBytes = new AtomicLong();
    private final AtomicLong streams = new AtomicLong();
    private final AtomicLong handles = new AtomicLong();
    private final AtomicLong descriptors = new AtomicLong();
    private final AtomicLong graphs = new AtomicLong();

    Live() {}

    void deviceBytes(long change) {
        deviceBytes.addAndGet(change);
    }

    void pinnedBytes(long change) {
        pinnedBytes.addAndGet(change);
    }

    void streams(int change) {
        streams.addAndGet(change);
    }

    void handles(int change) {
        handles.addAndGet(change);
    }

    void descriptors(int change) {
        descriptors.addAndGet(change);
    }

    void graphs(int change) {
        graphs.addAndGet(change);
    }

    /** Bytes of device buffers. */
    public long deviceBytes() {
        return deviceBytes.get();
    }

    /** Bytes of page-locked host memory. */
    public long pinnedBytes() {
        return pinnedBytes.get();
    }

    /** CUDA streams. */
    public long streams() {
        return streams.get();
    }

    /** cuBLAS and cuSPARSE handles. */
    public long handles() {
        return handles.get();
    }

    /** cuSPARSE descriptors. */
    public long descriptors() {
        return descriptors.get();
    }

    /** Captured steps. */
    public long graphs() {
        return graphs.get();
    }

    @Override
    public String toString() {
        return deviceBytes + " device bytes, " + pinnedBytes + " pinned bytes, " + streams + " streams, " + handles
                + " handles, " + descriptors + " descriptors, " + graphs + " graphs";
    }
}
