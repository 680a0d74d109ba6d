package dev.gossamer.cuda.device;

import jcuda.driver.CUdeviceptr;

/** Device memory from the stream that made it; closing returns it in stream order, after the work issued before. */
public final class DeviceBuffer implements Perishable, AutoCloseable {

    private final Stream stream;
    private final DevicePointer pointer;
    private final long sizeBytes;
    private boolean open = true;

    DeviceBuffer(Stream stream, DevicePointer pointer, long sizeBytes) {
        this.stream = stream;
        this.pointer = pointer;
        this.sizeBytes = sizeBytes;
    }

    /** The device address. */
    public long address() {
        stream.uses(this);
        return pointer.address();
    }

    /** Bytes asked for. */
    public long sizeBytes() {
        return sizeBytes;
    }

    CUdeviceptr pointer() {
        stream.uses(this);
        return pointer;
    }

    /** The address {@code bytes} behind the start. */
    CUdeviceptr pointer(long bytes) {
        return bytes == 0 ? pointer() : pointer().withByteOffset(bytes);
    }

    @Override
    public boolean isGone() {
        return !open;
    }

    /** Idempotent. */
    @Override
    public void close() {
        if (open) {
            stream.refuseWhileCapturing("frees device memory");
            open = false;
            stream.free(pointer, sizeBytes);
        }
    }
}
