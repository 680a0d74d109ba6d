package dev.gossamer.cpu;

import dev.gossamer.engine.OutOfDeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Off-heap memory of one workspace, 64-byte aligned (worth a factor of two over float[], whose data cannot be aligned).
 * Freed blocks are kept for reuse by size; everything goes when the workspace closes. The arena is shared because worker
 * threads read it; one arena per block was rejected, since closing a shared arena stops every thread.
 */
final class Memory implements AutoCloseable {

    static final int ALIGNMENT = 64;

    private final Arena arena;
    private final Map<Long, ArrayDeque<MemorySegment>> free = new HashMap<>();
    private long live;

    Memory() {
        this(Arena.ofShared());
    }

    /** Memory from that arena, which it closes. */
    Memory(Arena arena) {
        this.arena = arena;
    }

    /**
     * At least {@code bytes} zeroed bytes, a multiple of 64.
     *
     * @throws OutOfDeviceMemoryException if the system gives no more; nothing has changed then
     */
    MemorySegment allocate(long bytes) {
        long size = sizeClass(bytes);
        ArrayDeque<MemorySegment> reusable = free.get(size);
        MemorySegment segment = reusable == null || reusable.isEmpty()
                ? fresh(size)
                : reusable.pop().fill((byte) 0);
        live += size;
        return segment;
    }

    /**
     * Sees to it that the next {@code blocks} calls for so many bytes find memory.
     *
     * @throws OutOfDeviceMemoryException as {@link #allocate} does
     */
    void reserve(long bytes, int blocks) {
        long size = sizeClass(bytes);
        ArrayDeque<MemorySegment> reusable = free.computeIfAbsent(size, any -> new ArrayDeque<>());
        while (reusable.size() < blocks) {
            reusable.push(fresh(size));
        }
    }

    /** The JVM reports a refusal of the system as an error, although nothing of its own is short of memory. */
    private MemorySegment fresh(long size) {
        try {
            return arena.allocate(size, ALIGNMENT);
        } catch (OutOfMemoryError e) {
            OutOfDeviceMemoryException shortage = new OutOfDeviceMemoryException(String.format(
                    Locale.ROOT,
                    "The system has no memory for %,d bytes more outside the Java heap; this workspace holds %,d. Use smaller"
                            + " batches (of a run: --batch), or fewer workspaces at a time (--threads, --memory), or raise"
                            + " the process's limit.",
                    size,
                    live));
            shortage.initCause(e);
            throw shortage;
        }
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
