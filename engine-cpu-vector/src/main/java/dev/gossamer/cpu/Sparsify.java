package dev.gossamer.cpu;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Dense to sparse: the pattern is chosen on the host, then the target's space is repatterned and filled. */
final class Sparsify {

    private Sparsify() {}

    /** Keeps {@code |x| >= threshold}. */
    static void threshold(CpuTensor dense, float threshold, CpuValues target) {
        refuseNaN(dense);
        SparsityPattern pattern = SparsityPattern.fromMask(
                target.space.rows(),
                target.space.cols(),
                (row, col) -> Math.abs(dense.data.get(ValueLayout.JAVA_FLOAT, dense.offset(row, col))) >= threshold);
        target.space.repattern(pattern);
        GatherScatter.gather(dense, target);
    }

    static void top(CpuWorkspace workspace, CpuTensor dense, long keep, CpuValues target) {
        Shape shape = dense.shape();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(4, shape.size() * Float.BYTES), Float.BYTES);
            workspace.download(dense, host);
            long[] kept = MagnitudeSelection.keepTop(List.of(host.asSlice(0, shape.size() * Float.BYTES)), keep)
                    .get(0);
            target.space.repattern(SparsityPattern.fromBits(target.space.rows(), target.space.cols(), kept));
        }
        GatherScatter.gather(dense, target);
    }

    private static void refuseNaN(CpuTensor dense) {
        for (int row = 0; row < dense.features; row++) {
            for (int col = 0; col < dense.batch; col++) {
                if (Float.isNaN(dense.data.get(ValueLayout.JAVA_FLOAT, dense.offset(row, col)))) {
                    throw new IllegalArgumentException(
                            "dense is NaN at row " + row + ", column " + col + "; it has no magnitude to select by");
                }
            }
        }
    }
}
