package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * A CUDA stream with all that works in its order: memory, copies, kernel launches, a cuBLAS and a cuSPARSE handle. It does
 * not wait for the default stream, nor that for it. Used by one platform thread at a time, on which the device is current.
 */
public final class Stream implements AutoCloseable {

    private final CudaDevice device;
    private final CUstream handle = new CUstream();
    private final Staging staging;
    private final Launch launch;
    private @Nullable Cublas cublas;
    private @Nullable Cusparse cusparse;
    private boolean capturing;
    /** What the step that runs now uses; null outside of one that wants to know. */
    private @Nullable Set<Perishable> used;

    Stream(CudaDevice device) {
        this.device = device;
        Check.driver(JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING), "making a stream");
        device.live().streams(1);
        try {
            this.staging = new Staging(device.live());
            this.launch = new Launch(this, device);
        } catch (RuntimeException e) {
            destroy();
            throw e;
        }
    }

    CudaDevice device() {
        return device;
    }

    CUstream handle() {
        return handle;
    }

    /** The argument block for kernel launches; one launch at a time. */
    public Launch launch() {
        return launch;
    }

    /** cuBLAS on this stream, opened on first use; refused with the reason where the library is missing. */
    public Cublas cublas() {
        Cublas known = cublas;
        if (known == null) {
            refuseWhileCapturing("opens cuBLAS");
            device.requireCublas();
            known = new Cublas(this);
            cublas = known;
        }
        return known;
    }

    /** cuSPARSE on this stream, opened on first use; refused with the reason where the library is missing. */
    public Cusparse cusparse() {
        Cusparse known = cusparse;
        if (known == null) {
            refuseWhileCapturing("opens cuSPARSE");
            device.requireCusparse();
            known = new Cusparse(this);
            cusparse = known;
        }
        return known;
    }

    /**
     * Device memory, not zeroed.
     *
     * @param use what it is for, as an error about it names it
     */
    public DeviceBuffer allocate(long bytes, String use) {
        refuseWhileCapturing("allocates device memory");
        DevicePointer pointer = new DevicePointer();
        device.allocate(pointer, bytes, handle, use);
        return new DeviceBuffer(this, pointer, bytes);
    }

    void free(DevicePointer pointer, long bytes) {
        if (cusparse != null) {
            cusparse.forget(pointer.address());
        }
        device.live().deviceBytes(-bytes);
        // No check: freeing fails only with a lost context, which the next op reports, and closing must go on.
        device.free(pointer, handle);
    }

    /** Drops what was planned for structures that go; whatever uses them is done. */
    public void forget(List<Cusparse.Csr> structures) {
        if (cusparse != null) {
            structures.forEach(cusparse::forget);
        }
    }

    /** Sets every byte to 0. */
    public void zero(DeviceBuffer buffer) {
        if (buffer.sizeBytes() > 0) {
            Check.driver(
                    JCudaDriver.cuMemsetD8Async(buffer.pointer(), (byte) 0, buffer.sizeBytes(), handle),
                    "zeroing memory on the GPU");
        }
    }

    /** Sets {@code count} 32-bit words from the start on. */
    public void fill(DeviceBuffer buffer, int word, long count) {
        if (count > 0) {
            Check.driver(
                    JCudaDriver.cuMemsetD32Async(buffer.pointer(), word, count, handle), "setting memory on the GPU");
        }
    }

    /** Host memory to the start of a buffer. The host memory may be changed as soon as this returns. */
    public void upload(MemorySegment host, DeviceBuffer to, long bytes) {
        refuseWhileCapturing("reads host memory");
        for (long done = 0; done < bytes; ) {
            long part = Math.min(Staging.CHUNK, bytes - done);
            Staging.Chunk chunk = staging.next();
            MemorySegment.copy(host, done, chunk.memory, 0, part);
            Check.driver(
                    JCudaDriver.cuMemcpyHtoDAsync(to.pointer(done), chunk.pointer, part, handle), "copying to the GPU");
            chunk.used(handle);
            done += part;
        }
    }

    /**
     * The start of a buffer to host memory. Waits, once.
     *
     * @param word a 32-bit word that is wanted with it
     * @return the word
     */
    public int download(DeviceBuffer from, MemorySegment host, long bytes, DeviceBuffer word) {
        refuseWhileCapturing("waits for a result");
        long at = 0;
        Staging.Chunk chunk = fetch(from, at, bytes, word);
        for (long next = Staging.CHUNK; next < bytes; next += Staging.CHUNK) {
            Staging.Chunk other = fetch(from, next, bytes, word);
            empty(chunk, host, at, Staging.CHUNK);
            chunk = other;
            at = next;
        }
        empty(chunk, host, at, bytes - at);
        return chunk.word();
    }

    /** Issues the copy of the next chunk, and with the last one of the word. */
    private Staging.Chunk fetch(DeviceBuffer from, long at, long bytes, DeviceBuffer word) {
        Staging.Chunk chunk = staging.next();
        long part = Math.min(Staging.CHUNK, bytes - at);
        if (part > 0) {
            Check.driver(
                    JCudaDriver.cuMemcpyDtoHAsync(chunk.pointer, from.pointer(at), part, handle),
                    "copying from the GPU");
        }
        if (at + part == bytes) {
            chunk.bring(word, handle);
        }
        chunk.used(handle);
        return chunk;
    }

    private static void empty(Staging.Chunk chunk, MemorySegment host, long at, long bytes) {
        chunk.await();
        MemorySegment.copy(chunk.memory, 0, host, at, bytes);
    }

    /** Rows packed in host memory to rows {@code pitch} bytes apart; what lies between rows becomes 0. */
    public void uploadRows(MemorySegment host, DeviceBuffer to, int rows, long width, long pitch) {
        if (width == pitch) {
            upload(host, to, rows * width);
            return;
        }
        refuseWhileCapturing("reads host memory");
        // The chunk is laid out as on the device: one plain copy. A whole tensor's padding costs at most 28
        // bytes a row; what a view's rows hold beyond it is unspecified after a write.
        int rowsPerChunk = rowsPerChunk(pitch);
        for (int row = 0; row < rows; row += rowsPerChunk) {
            int part = Math.min(rowsPerChunk, rows - row);
            Staging.Chunk chunk = staging.next();
            for (int i = 0; i < part; i++) {
                MemorySegment.copy(host, (row + i) * width, chunk.memory, i * pitch, width);
                chunk.memory.asSlice(i * pitch + width, pitch - width).fill((byte) 0);
            }
            Check.driver(
                    JCudaDriver.cuMemcpyHtoDAsync(to.pointer(row * pitch), chunk.pointer, part * pitch, handle),
                    "copying to the GPU");
            chunk.used(handle);
        }
    }

    /**
     * Rows {@code pitch} bytes apart to rows packed in host memory. Waits.
     *
     * @param word a 32-bit word that is wanted with them
     * @return the word
     */
    public int downloadRows(
            DeviceBuffer from, MemorySegment host, int rows, long width, long pitch, DeviceBuffer word) {
        if (width == pitch) {
            return download(from, host, rows * width, word);
        }
        refuseWhileCapturing("waits for a result");
        int rowsPerChunk = rowsPerChunk(pitch);
        for (int row = 0; row < rows; row += rowsPerChunk) {
            int part = Math.min(rowsPerChunk, rows - row);
            Staging.Chunk chunk = staging.next();
            Check.driver(
                    JCudaDriver.cuMemcpyDtoHAsync(chunk.pointer, from.pointer(row * pitch), part * pitch, handle),
                    "copying from the GPU");
            chunk.used(handle);
            chunk.await();
            for (int i = 0; i < part; i++) {
                MemorySegment.copy(chunk.memory, i * pitch, host, (row + i) * width, width);
            }
        }
        return read(word);
    }

    private static int rowsPerChunk(long pitch) {
        if (pitch > Staging.CHUNK) {
            throw new EngineException("A row of " + pitch / Float.BYTES
                    + " padded floats is too long to be moved in one piece; use a batch that is a multiple of 8");
        }
        return (int) (Staging.CHUNK / pitch);
    }

    /** Reads a 32-bit word. Waits. */
    public int read(DeviceBuffer word) {
        return read(List.of(), new int[0], word);
    }

    /**
     * Reads the first 32-bit word of each buffer, of which there are few. Waits, once.
     *
     * @param word another one that is wanted with them
     * @return that one
     */
    public int read(List<DeviceBuffer> from, int[] into, DeviceBuffer word) {
        refuseWhileCapturing("waits for a result");
        Staging.Chunk chunk = staging.next();
        for (int i = 0; i < into.length; i++) {
            long at = (long) i * Integer.BYTES;
            Check.driver(
                    JCudaDriver.cuMemcpyDtoHAsync(
                            new HostPointer(chunk.memory.asSlice(at)),
                            from.get(i).pointer(),
                            Integer.BYTES,
                            handle),
                    "copying from the GPU");
        }
        chunk.bring(word, handle);
        chunk.used(handle);
        chunk.await();
        MemorySegment.copy(chunk.memory, ValueLayout.JAVA_INT, 0, into, 0, into.length);
        return chunk.word();
    }

    /** Waits until everything issued is done. */
    public void sync() {
        refuseWhileCapturing("waits for the GPU");
        Check.driver(JCudaDriver.cuStreamSynchronize(handle), "waiting for the GPU");
    }

    /** Waits as {@link #sync} does, before things are closed: a failure then has been reported or is lost with the context. */
    public void drain() {
        JCudaDriver.cuStreamSynchronize(handle);
    }

    // ---- steps

    /** Notes what the step that runs now uses, where that is wanted. */
    public void uses(Perishable thing) {
        if (used != null) {
            used.add(thing);
        }
    }

    /** Runs a body that issues ops, and tells what they used of this stream. */
    public List<Perishable> watch(Runnable body) {
        Set<Perishable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        used = seen;
        try {
            body.run();
        } finally {
            used = null;
        }
        return List.copyOf(seen);
    }

    /**
     * Runs a body that issues ops, which are not run but become a graph.
     *
     * @throws CaptureRefusedException it does what cannot be part of a graph
     */
    public Graph capture(Runnable body) {
        try (Capture capture = new Capture(this)) {
            capturing = true;
            try {
                body.run();
            } finally {
                capturing = false;
            }
            return capture.graph();
        }
    }

    /** Whether ops are part of a step that is captured or looked at. */
    public boolean isInStep() {
        return used != null;
    }

    public void launch(Graph graph) {
        graph.launch(this);
    }

    /** What a graph cannot hold, or what would change under it. */
    void refuseWhileCapturing(String what) {
        if (capturing) {
            throw new CaptureRefusedException("it " + what);
        }
    }

    /** Waits for what was issued and gives everything back. The buffers it made must be closed before. */
    @Override
    public void close() {
        drain();
        if (cusparse != null) {
            cusparse.close();
        }
        if (cublas != null) {
            cublas.close();
        }
        launch.close();
        staging.close();
        destroy();
    }

    private void destroy() {
        JCudaDriver.cuStreamDestroy(handle);
        device.live().streams(-1);
    }
}
