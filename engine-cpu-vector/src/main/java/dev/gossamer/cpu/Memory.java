package dev.gossamer.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Off-heap memory of one workspace, 64-byte aligned (worth a factor of two over float[], whose data cannot be aligned).
 * Freed blocks are kept for reuse by size; everything goes when the workspace closes. The arena is shared because worker
 * threads read it; one arena per block was rejected, since closing a shared arena stops every thread.
 */
final class Memory implements AutoCloseable {

    static final int ALIGNMENT = 64;

    private final Arena arena = Arena.ofShared();
    private final Map<Long, ArrayDeque<MemorySegment>> free = new HashMap<>();
    private long live;

    /** At least {@code bytes} zeroed bytes, a multiple of 64. */
    MemorySegment allocate(long bytes) {
        long size = sizeClass(bytes);
        ArrayDeque<MemorySegment> reusable = free.get(size);
        live += size;
        if (reusable != null && !reusable.isEmpty()) {
            return reusable.pop().fill((byte) 0);
        }
        return arena.allocate(size, ALIGNMENT);
    }

    void release(MemorySegment segment) {
        live -= segment.byteSize();
        free.computeIfAbsent(segment.byteSize(), size -> new ArrayDeque<>()).push(segment);
    }

    /** Bytes handed out and not released. */
    long liveBytes() {
        return live;
    }

    /** Rounds up to 64 bytes, and above 4 KiB to an eighth of a power of two, so that shrinking patterns reuse blocks. */
    static long sizeClass(long bytes) {
        long rounded = (Math.max(bytes, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (rounded <= 4096) {
            return rounded;
        }
        long step = Long.highestOneBit(rounded) >>> 3;
        return (rounded + step - 1) / step * step;
    }

    @Override
    public void close() {
        free.clear();
        live = 0;
        arena.close();
    }
}
