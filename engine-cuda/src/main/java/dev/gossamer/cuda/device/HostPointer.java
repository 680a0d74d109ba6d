package dev.gossamer.cuda.device;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;

/** The address of off-heap memory as JCuda takes it: no copy, and no limit of 2 GiB as with buffers. */
final class HostPointer extends Pointer {

    HostPointer(MemorySegment offHeap) {
        super(offHeap.address());
        if (!offHeap.isNative()) {
            throw new IllegalArgumentException("JCuda takes off-heap memory only, got " + offHeap);
        }
    }
}
