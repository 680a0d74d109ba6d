package dev.gossamer.cpu;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Exact selection over groups of parameters, on their stored entries. */
final class Selection {

    private Selection() {}

    static MagnitudeSelection.Threshold kthMagnitude(List<Values> group, long k) {
        try (Arena arena = Arena.ofConfined()) {
            return MagnitudeSelection.kthLargest(logical(group, arena), k);
        }
    }

    static void keepTop(List<Space> group, Role by, long keep) {
        List<Values> values = new ArrayList<>();
        for (Space space : group) {
            values.add(((CpuSpace) space).values(by));
        }
        List<long[]> kept;
        try (Arena arena = Arena.ofConfined()) {
            kept = MagnitudeSelection.keepTop(logical(values, arena), keep);
        }
        for (int i = 0; i < group.size(); i++) {
            CpuSpace space = (CpuSpace) group.get(i);
            space.repattern(restrict(space, kept.get(i)));
        }
    }

    /** The stored entries of each member, in canonical order. Storage that is neither masked nor padded is read in place. */
    private static List<MemorySegment> logical(List<Values> group, Arena arena) {
        List<MemorySegment> parts = new ArrayList<>();
        for (Values each : group) {
            CpuValues values = (CpuValues) each;
            long bytes = values.space.nnz() * Float.BYTES;
            MemorySegment part = values.data.asSlice(0, bytes);
            if (values.space.storage() == CpuSpace.Storage.MASKED) {
                part = arena.allocate(Math.max(bytes, 4), Memory.ALIGNMENT).asSlice(0, bytes);
                values.space.copyLogical(values.data, part, true);
            }
            parts.add(part);
        }
        return parts;
    }

    /** The pattern of the stored entries whose bit, by canonical position, is set. */
    private static SparsityPattern restrict(CpuSpace space, long[] kept) {
        SparsityPattern last = space.pattern();
        if (last == null) {
            return SparsityPattern.fromBits(space.rows(), space.cols(), kept);
        }
        return last.retain(kept);
    }
}
