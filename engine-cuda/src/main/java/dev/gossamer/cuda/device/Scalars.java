package dev.gossamer.cuda.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** alpha and beta in host memory, where cuBLAS and cuSPARSE read them at the call. */
final class Scalars {

    private final MemorySegment memory;
    final HostPointer alpha;
    final HostPointer beta;

    Scalars(Arena arena, float alpha, float beta) {
        this.memory = arena.allocate(ValueLayout.JAVA_FLOAT, 2);
        this.alpha = new HostPointer(memory);
        this.beta = new HostPointer(memory.asSlice(Float.BYTES));
        set(alpha, beta);
    }

    void set(float alphaValue, float betaValue) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, 0, alphaValue);
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, 1, betaValue);
    }
}
