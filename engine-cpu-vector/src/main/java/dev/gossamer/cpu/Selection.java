package dev.gossamer.cpu;

import dev.gossamer.cpu.CpuSpace.Storage;
import dev.gossamer.cpu.TopMagnitudes.Part;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Exact selection over groups of parameters, in whatever storage they have: the +0.0 outside a pattern and in padding rank
 * last, so that they change no threshold.
 */
final class Selection {

    private Selection() {}

    static Threshold kthMagnitude(CpuWorkspace workspace, List<Values> group, long k) {
        List<Part> parts = new ArrayList<>(group.size());
        for (Values values : group) {
            parts.add(part((CpuValues) values));
        }
        Threshold threshold = new TopMagnitudes(workspace, parts).kthLargest(k);
        return threshold == null ? MagnitudeSelection.kthLargest(logical(group), k) : threshold;
    }

    static void keepTop(CpuWorkspace workspace, List<Space> group, Role by, long keep) {
        List<Values> values = new ArrayList<>();
        for (Space space : group) {
            values.add(((CpuSpace) space).values(by));
        }
        Threshold threshold = kthMagnitude(workspace, values, keep);
        long ties = threshold.tiesKept();
        for (Values each : values) {
            ties = restrict((CpuValues) each, threshold.magnitudeBits(), ties);
        }
    }

    private static Part part(CpuValues values) {
        return new Part(values.data, values.space.count());
    }

    /** Leaves the entries above a magnitude and the first {@code ties} at it. Returns how many ties are left. */
    private static long restrict(CpuValues by, int bound, long ties) {
        CpuSpace space = by.space;
        SparsityPattern last = space.pattern();
        long[] kept = new long[Math.toIntExact((space.count() + 63) >>> 6)];
        long left;
        if (last != null && space.storage() == Storage.MASKED && bound == 0) {
            // Zeros outside the pattern must not be taken for entries at zero.
            TopMagnitudes.mark(part(by), 0, 0, kept);
            left = markZeros(by, last, ties, kept);
        } else {
            left = TopMagnitudes.mark(part(by), bound, ties, kept);
        }
        if (last != null && space.storage() == Storage.PACKED) {
            space.repattern(last.retain(kept));
        } else {
            space.repattern(SparsityPattern.fromBits(space.rows(), space.cols(), kept));
        }
        return left;
    }

    private static long markZeros(CpuValues masked, SparsityPattern pattern, long ties, long[] kept) {
        long left = ties;
        for (int row = 0; row < pattern.rows(); row++) {
            for (int p = pattern.rowStart(row); p < pattern.rowEnd(row); p++) {
                long flat = (long) row * pattern.cols() + pattern.col(p);
                if (masked.data.getAtIndex(ValueLayout.JAVA_FLOAT, flat) == 0 && left-- > 0) {
                    kept[(int) (flat >>> 6)] |= 1L << flat;
                }
            }
        }
        return Math.max(left, 0);
    }

    /** The entries of each member on the host, for an error that names one of them. */
    private static List<MemorySegment> logical(List<Values> group) {
        List<MemorySegment> parts = new ArrayList<>();
        for (Values each : group) {
            CpuValues values = (CpuValues) each;
            MemorySegment part = MemorySegment.ofArray(new float[Math.toIntExact(values.space.nnz())]);
            values.space.copyLogical(values.data, part, true);
            parts.add(part);
        }
        return parts;
    }
}
