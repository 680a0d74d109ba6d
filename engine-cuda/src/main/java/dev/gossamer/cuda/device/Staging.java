package dev.gossamer.cuda.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Two page-locked chunks of host memory that copies take turns in, so that the processor fills or empties one while the
 * GPU's copy engine works on the other. A chunk is handed out again only when the copy that used it is done.
 */
final class Staging implements AutoCloseable {

    /** Bytes of a chunk: large enough that a copy's fixed cost is small, small enough to have two per stream. */
    static final int CHUNK = 4 << 20;

    private static final int PAGE = 4096;

    /** Of a chunk and the word behind it. */
    private static final int BYTES = CHUNK + PAGE;

    private final Live live;
    private final Arena arena = Arena.ofShared();
    private final Chunk[] chunks = new Chunk[2];
    private int turn;

    Staging(Live live) {
        this.live = live;
        try {
            for (int i = 0; i < chunks.length; i++) {
                chunks[i] = new Chunk(arena.allocate(BYTES, PAGE));
                live.pinnedBytes(BYTES);
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The next chunk, when the copy that last used it is done. */
    Chunk next() {
        Chunk chunk = chunks[turn];
        turn = (turn + 1) % chunks.length;
        chunk.await();
        return chunk;
    }

    /** Closed after the stream has nothing left to do. */
    @Override
    public void close() {
        for (Chunk chunk : chunks) {
            if (chunk != null) {
                chunk.close();
                live.pinnedBytes(-BYTES);
            }
        }
        arena.close();
    }

    /** Page-locked memory and the event that tells when the copy through it is done. */
    static final class Chunk implements AutoCloseable {

        final MemorySegment memory;
        final HostPointer pointer;
        private final CUevent done = new CUevent();

        private Chunk(MemorySegment memory) {
            this.memory = memory;
            this.pointer = new HostPointer(memory);
            Check.driver(JCudaDriver.cuMemHostRegister(pointer, BYTES, 0), "page-locking host memory");
            int code = JCudaDriver.cuEventCreate(done, CUevent_flags.CU_EVENT_DISABLE_TIMING);
            if (code != 0) {
                JCudaDriver.cuMemHostUnregister(pointer);
            }
            Check.driver(code, "making an event");
        }

        /** Brings a 32-bit word along with what else is copied through this chunk. */
        void bring(DeviceBuffer word, CUstream stream) {
            Check.driver(
                    JCudaDriver.cuMemcpyDtoHAsync(
                            new HostPointer(memory.asSlice(CHUNK)), word.pointer(), Integer.BYTES, stream),
                    "copying from the GPU");
        }

        /** The word that was brought; after {@link #await}. */
        int word() {
            return memory.get(ValueLayout.JAVA_INT, CHUNK);
        }

        /** Marks the copies just issued as the users of this chunk. */
        void used(CUstream stream) {
            Check.driver(JCudaDriver.cuEventRecord(done, stream), "recording an event");
        }

        /** Waits for the copy that uses this chunk. */
        void await() {
            Check.driver(JCudaDriver.cuEventSynchronize(done), "waiting for a copy");
        }

        @Override
        public void close() {
            // No check: at the end of a lost context there is nothing better to do than to go on closing.
            JCudaDriver.cuEventDestroy(done);
            JCudaDriver.cuMemHostUnregister(pointer);
        }
    }
}
