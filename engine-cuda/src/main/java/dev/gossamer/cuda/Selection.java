package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.cuda.SelectionRun.Found;
import dev.gossamer.cuda.SelectionRun.Part;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** Exact selection over groups of parameters, on their stored entries. */
final class Selection {

    private Selection() {}

    static MagnitudeSelection.Threshold kthMagnitude(CudaWorkspace workspace, List<Values> group, long k) {
        try (Arena arena = Arena.ofConfined()) {
            Found found =
                    new SelectionRun(workspace, parts(group)).findThreshold(k).found(arena);
            refuseNaN(found, group);
            return found.threshold();
        }
    }

    static void keepTop(CudaWorkspace workspace, List<Space> group, Role by, long keep) {
        List<Values> values = new ArrayList<>();
        for (Space space : group) {
            values.add(((CudaSpace) space).values(by));
        }
        try (Arena arena = Arena.ofConfined()) {
            Found found = new SelectionRun(workspace, parts(values))
                    .findThreshold(keep)
                    .markKept()
                    .marked(arena);
            refuseNaN(found, values);
            for (int i = 0; i < group.size(); i++) {
                CudaSpace space = (CudaSpace) group.get(i);
                space.repattern(restrict(space, found.kept(i)));
            }
        }
    }

    /** Storage as it lies: positions outside a masked pattern are passed over by its bits. */
    private static List<Part> parts(List<Values> group) {
        List<Part> parts = new ArrayList<>();
        for (Values each : group) {
            CudaValues values = (CudaValues) each;
            CudaSpace space = values.space();
            parts.add(new Part(values.data().address(), space.maskBits(), space.count()));
        }
        return parts;
    }

    /** The pattern of the stored entries that are marked, by their position in storage. */
    private static SparsityPattern restrict(CudaSpace space, long[] kept) {
        SparsityPattern packed = space.storage() == Storage.PACKED ? space.pattern() : null;
        return packed == null ? SparsityPattern.fromBits(space.rows(), space.cols(), kept) : packed.retain(kept);
    }

    private static void refuseNaN(Found found, List<Values> group) {
        long at = found.nan();
        if (at < 0) {
            return;
        }
        int member = 0;
        while (at >= found.parts().get(member).count()) {
            at -= found.parts().get(member++).count();
        }
        CudaSpace space = ((CudaValues) group.get(member)).space();
        SparsityPattern packed = space.storage() == Storage.PACKED ? space.pattern() : null;
        long row = packed == null ? at / space.cols() : packed.rowOf((int) at);
        long col = packed == null ? at % space.cols() : packed.col((int) at);
        throw new IllegalArgumentException("NaN at row " + row + ", column " + col + " of member " + member
                + " of the group cannot be ranked by magnitude; find where it arose (a diverged update, a division by"
                + " zero) before selecting");
    }
}
