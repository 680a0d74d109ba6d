package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaHandles.CudaCell;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.ops.Sgd;
import java.util.List;

/** SGD over the storage of spaces: one pass, whatever the terms, and one launch for every 32 spaces. */
final class SgdStep {

    private static final int BLOCK = 256;

    /** Spaces of one launch; {@code SGD_MEMBERS} of the kernels. */
    private static final int MEMBERS = 32;

    private SgdStep() {}

    static void run(CudaWorkspace workspace, List<Space> group, CudaCell rate, Sgd rule) {
        for (int from = 0; from < group.size(); from += MEMBERS) {
            step(workspace, group, from, Math.min(group.size(), from + MEMBERS), rate, rule);
        }
    }

    /** The structure of the members is one argument. Behind the last member it repeats it, for the kernel not to look at. */
    private static void step(CudaWorkspace workspace, List<Space> group, int from, int to, CudaCell rate, Sgd rule) {
        boolean momentum = rule.momentum() != 0;
        Launch launch = workspace.launch().kernel(momentum ? "sgd_momentum" : "sgd_plain");
        long quads = 0;
        for (int i = from; i < from + MEMBERS; i++) {
            CudaSpace space = (CudaSpace) group.get(Math.min(i, to - 1));
            quads += i < to ? (space.count() + 3) / 4 : 0;
            launch.field(i == from, address(space, Role.THETA, true))
                    .word(address(space, Role.GRADIENT, true))
                    .word(address(space, Role.MOMENTUM, momentum))
                    .word(address(space, Role.ANCHOR, rule.proximal() != 0))
                    .word(space.count())
                    .word(quads);
        }
        launch.i(to - from).p(rate.data()).f(rule.weightDecay()).f(rule.proximal());
        if (momentum) {
            launch.f(rule.momentum()).i(rule.nesterov() ? 1 : 0);
        }
        launch.grid1d(quads, BLOCK);
    }

    private static long address(CudaSpace space, Role role, boolean used) {
        return used ? space.values(role).data().address() : 0;
    }
}
