package dev.gossamer.cpu;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.cpu.TopMagnitudes.Part;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Dense to sparse: the pattern is chosen on a row-major copy, then the target's space is repatterned and filled. */
final class Sparsify {

    private Sparsify() {}

    /** Keeps {@code |x| >= threshold}. */
    static void threshold(CpuWorkspace workspace, CpuTensor dense, float threshold, CpuValues target) {
        Part rows = rowMajor(workspace, dense);
        // Nothing is selected here; a pass says whether there is a NaN.
        refuseNaN(dense, new TopMagnitudes(workspace, List.of(rows)).kthLargest(0));
        keep(dense, rows, new Threshold(MagnitudeSelection.magnitudeBits(threshold), rows.count()), target);
    }

    static void top(CpuWorkspace workspace, CpuTensor dense, long keep, CpuValues target) {
        Part rows = rowMajor(workspace, dense);
        keep(dense, rows, refuseNaN(dense, new TopMagnitudes(workspace, List.of(rows)).kthLargest(keep)), target);
    }

    /** The tensor's numbers in scratch memory, with zeros behind them. */
    private static Part rowMajor(CpuWorkspace workspace, CpuTensor dense) {
        long count = dense.shape().size();
        long bytes = count * Float.BYTES;
        MemorySegment copy = workspace.scratch(Scratch.PANELS, bytes + Memory.ALIGNMENT);
        workspace.download(dense, copy);
        copy.asSlice(bytes, Memory.ALIGNMENT).fill((byte) 0);
        return new Part(copy, count);
    }

    private static void keep(CpuTensor dense, Part rows, Threshold threshold, CpuValues target) {
        long[] kept = new long[Math.toIntExact((rows.count() + 63) >>> 6)];
        TopMagnitudes.mark(rows, threshold.magnitudeBits(), threshold.tiesKept(), kept);
        target.space.repattern(SparsityPattern.fromBits(target.space.rows(), target.space.cols(), kept));
        GatherScatter.gather(dense, target);
    }

    private static Threshold refuseNaN(CpuTensor dense, @Nullable Threshold threshold) {
        if (threshold != null) {
            return threshold;
        }
        for (int row = 0; row < dense.features; row++) {
            for (int col = 0; col < dense.batch; col++) {
                if (Float.isNaN(dense.data.get(ValueLayout.JAVA_FLOAT, dense.offset(row, col)))) {
                    throw new IllegalArgumentException(
                            "dense is NaN at row " + row + ", column " + col + "; it has no magnitude to select by");
                }
            }
        }
        throw new IllegalStateException("A pass over dense met a NaN that is not there");
    }
}
