package dev.gossamer.cpu;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Values;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Values of a space in one role; the segment changes when the space is repatterned, the handle does not. */
final class CpuValues implements Values {

    final CpuSpace space;
    MemorySegment data;
    private final Role role;

    CpuValues(CpuSpace space, Role role, MemorySegment data) {
        this.space = space;
        this.role = role;
        this.data = data;
    }

    /** Floats in storage rounded up to whole 512-bit vectors; what lies beyond {@code space.count()} is +0.0. */
    long paddedCount() {
        return (space.count() + 15) / 16 * 16;
    }

    /** Vectors in storage, the padding included: what a kernel over all of it walks. */
    int vectors() {
        return Math.toIntExact(paddedCount() / Lanes.COUNT);
    }

    /** Where the first of {@link #vectors} lies. */
    long address() {
        return Raw.address(data, 0, paddedCount() * Float.BYTES);
    }

    /** These values times alpha, as stored: themselves where alpha = 1, else in the workspace's scratch. */
    MemorySegment scaled(CpuWorkspace workspace, float alpha) {
        if (alpha == 1) {
            return data;
        }
        MemorySegment scratch = workspace.scratch(CpuWorkspace.Scratch.VALUES, data.byteSize());
        for (long p = 0; p < space.count(); p++) {
            scratch.setAtIndex(ValueLayout.JAVA_FLOAT, p, alpha * data.getAtIndex(ValueLayout.JAVA_FLOAT, p));
        }
        return scratch;
    }

    /** Restores +0.0 outside the pattern and in the padding after an op that may have written there. */
    void clearOutside() {
        if (space.storage() == CpuSpace.Storage.MASKED) {
            Elementwise.applyMask(this);
        }
        for (long p = space.count(); p < paddedCount(); p++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, p, 0f);
        }
    }

    @Override
    public CpuSpace space() {
        return space;
    }

    @Override
    public Role role() {
        return role;
    }

    @Override
    public Object owner() {
        return space.owner();
    }
}
