package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaWorkspace.Scratch;
import dev.gossamer.cuda.SelectionRun.Found;
import dev.gossamer.cuda.SelectionRun.Part;
import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.Arena;
import java.util.List;

/** Dense to sparse: what stays is marked on the device, the pattern made on the host, and the values gathered on the device. */
final class Sparsify {

    private Sparsify() {}

    /** Keeps {@code |x| >= threshold}. */
    static void threshold(CudaWorkspace workspace, CudaTensor dense, float threshold, CudaValues target) {
        try (Arena arena = Arena.ofConfined()) {
            adopt(workspace, dense, run(workspace, dense).markAtLeast(threshold).marked(arena), target);
        }
    }

    static void top(CudaWorkspace workspace, CudaTensor dense, long keep, CudaValues target) {
        try (Arena arena = Arena.ofConfined()) {
            Found found = run(workspace, dense).findThreshold(keep).markKept().marked(arena);
            adopt(workspace, dense, found, target);
        }
    }

    /** A selection among all numbers of a tensor, row after row. */
    static SelectionRun run(CudaWorkspace workspace, CudaTensor dense) {
        long count = (long) dense.features * dense.batch;
        return new SelectionRun(workspace, List.of(new Part(withoutPadding(workspace, dense, count), 0, count)));
    }

    /** Where the numbers lie row after row: in place, or in scratch if the tensor's rows are longer than the matrix's. */
    private static long withoutPadding(CudaWorkspace workspace, CudaTensor dense, long count) {
        if (dense.ld == dense.batch) {
            return dense.data().address();
        }
        DeviceBuffer packed = workspace.scratch(Scratch.VALUES, count * Float.BYTES);
        GatherScatter.flat(workspace, dense.data(), dense.ld, 0, dense.features, dense.batch, packed);
        return packed.address();
    }

    private static void adopt(CudaWorkspace workspace, CudaTensor dense, Found found, CudaValues target) {
        if (found.nan() >= 0) {
            throw new IllegalArgumentException("dense is NaN at row " + found.nan() / dense.batch + ", column "
                    + found.nan() % dense.batch + "; it has no magnitude to select by");
        }
        SparsityPattern pattern =
                SparsityPattern.fromBits(target.space().rows(), target.space().cols(), found.kept(0));
        target.space().repattern(pattern);
        GatherScatter.gather(workspace, dense, target);
    }
}
