package dev.gossamer.cuda;

import dev.gossamer.cuda.SelectionRun.Part;
import java.util.List;

/** The largest elements of a tensor or of weights, found and stored without the host: a selection whose marks stay on the device. */
final class Compression {

    private Compression() {}

    static void top(CudaWorkspace workspace, CudaTensor x, long keep, CudaSparseTensor to) {
        if (x.batch == 0) {
            workspace.stream().zero(to.rowPtr());
            return;
        }
        Sparsify.run(workspace, x)
                .findThreshold(keep)
                .markKept()
                .note(to.threshold())
                .store(x.batch, to);
    }

    /** By the threshold of before, if there is one and room. */
    static void again(CudaWorkspace workspace, CudaTensor x, long keep, CudaSparseTensor to) {
        if (x.batch == 0) {
            workspace.stream().zero(to.rowPtr());
            return;
        }
        Sparsify.run(workspace, x)
                .findThreshold(keep)
                .markKept()
                .markAgain(to.threshold(), to.capacity())
                .store(x.batch, to);
    }

    static void top(CudaWorkspace workspace, CudaValues w, long keep, CudaSparseWeights to) {
        CudaSparseTensor entries = to.entries();
        run(workspace, w)
                .findThreshold(keep)
                .markKept()
                .note(entries.threshold())
                .store(w.space.cols(), entries);
        to.arrange(workspace);
    }

    /** By the threshold of before, if there is one and room. */
    static void again(CudaWorkspace workspace, CudaValues w, long keep, CudaSparseWeights to) {
        CudaSparseTensor entries = to.entries();
        run(workspace, w)
                .findThreshold(keep)
                .markKept()
                .markAgain(entries.threshold(), to.capacity())
                .store(w.space.cols(), entries);
        to.arrange(workspace);
    }

    private static SelectionRun run(CudaWorkspace workspace, CudaValues w) {
        return new SelectionRun(workspace, List.of(new Part(w.data().address(), 0, w.space.count())));
    }
}
