package dev.gossamer.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * Memory by absolute address, for kernels whose every access would otherwise be checked: worth 20 to 37 % in SpMM, and C2 may
 * throw away the code of a loop over checked segments again and again (docs/performance.md). Safety moves from each access to
 * the door: {@link #address} checks once that all that a kernel may touch lies in a living segment, and what kernels index with
 * (a validated, immutable pattern) cannot lead out of it.
 *
 * <p>The accesses themselves go through one segment that is all of memory, a constant: C2 knows its bounds, and drops the
 * check of an offset that provably is a small non-negative number. Hence {@link #USER} and {@link #INDEX}, which change
 * nothing but what C2 knows.
 */
final class Raw {

    /** All of memory; accessed at absolute addresses. */
    @SuppressWarnings("restricted") // the jar is started with native access; nothing else here works on all of memory
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** A float without the check of its alignment, which the allocator grants. */
    static final ValueLayout.OfFloat UNCHECKED = ValueLayout.JAVA_FLOAT_UNALIGNED;

    /** Sixteen bits of a mask. */
    static final ValueLayout.OfShort BITS = ValueLayout.JAVA_SHORT_UNALIGNED;

    /** And-ed to an address: 56 bits hold every address of a user's process. */
    static final long USER = (1L << 56) - 1;

    /** And-ed to an index: it is not negative. */
    static final int INDEX = Integer.MAX_VALUE;

    private Raw() {}

    /**
     * The address of the byte at {@code offset}, from which {@code bytes} bytes may be touched as long as the caller's op runs.
     *
     * @throws IndexOutOfBoundsException if they do not lie in the segment
     */
    static long address(MemorySegment segment, long offset, long bytes) {
        Objects.checkFromIndexSize(offset, bytes, segment.byteSize());
        if (!segment.isNative() || !segment.scope().isAlive()) {
            throw new IllegalStateException("A kernel needs living memory outside the heap, got " + segment);
        }
        return (segment.address() + offset) & USER;
    }

    /** Whole vectors of +0.0, by address: a slice of a segment would allocate, and this is done within ops. */
    static void clear(long at, long bytes) {
        for (long done = 0; done < bytes; done += Lanes.BYTES) {
            FloatVector.zero(Lanes.F).intoMemorySegment(ALL, (at + done) & USER, ByteOrder.LITTLE_ENDIAN);
        }
    }
}
