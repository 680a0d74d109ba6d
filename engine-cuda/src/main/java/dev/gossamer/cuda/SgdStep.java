package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaHandles.CudaCell;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.ops.Sgd;

/** SGD over the storage of one space: one pass, whatever the terms. */
final class SgdStep {

    private static final int BLOCK = 256;

    private SgdStep() {}

    static void run(CudaWorkspace workspace, CudaSpace space, CudaCell rate, Sgd rule) {
        long count = space.count();
        long anchor =
                rule.proximal() == 0 ? 0 : space.values(Role.ANCHOR).data().address();
        Launch launch = workspace
                .launch()
                .kernel(rule.momentum() == 0 ? "sgd_plain" : "sgd_momentum")
                .p(space.values(Role.THETA).data())
                .p(space.values(Role.GRADIENT).data())
                .p(anchor);
        if (rule.momentum() != 0) {
            launch.p(space.values(Role.MOMENTUM).data());
        }
        launch.l(count).p(rate.data()).f(rule.weightDecay()).f(rule.proximal());
        if (rule.momentum() != 0) {
            launch.f(rule.momentum()).i(rule.nesterov() ? 1 : 0);
        }
        launch.grid1d((count + 3) / 4, BLOCK);
    }
}
