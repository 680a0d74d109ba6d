package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import java.util.List;

/** Powerpropagation over the storage of spaces: one launch for every eight of them. */
final class SignedPower {

    private static final int BLOCK = 256;

    /** Spaces of one launch; {@code POWER_MEMBERS} of the kernels. */
    private static final int MEMBERS = 8;

    private SignedPower() {}

    static void weights(CudaWorkspace workspace, List<Space> group, float alpha) {
        if (alpha == 1) {
            for (int i = 0; i < group.size(); i++) {
                CudaSpace space = (CudaSpace) group.get(i);
                Elementwise.copy(workspace, space.values(Role.THETA), space.values(Role.WEIGHT));
            }
            return;
        }
        for (int from = 0; from < group.size(); from += MEMBERS) {
            Launch launch = workspace.launch().kernel("signed_power");
            long largest = members(launch, group, from, Role.WEIGHT);
            exponent(launch, alpha).grid1d((largest + 3) / 4, BLOCK);
        }
    }

    static void gradient(CudaWorkspace workspace, List<Space> group, float alpha) {
        if (alpha == 1) {
            return;
        }
        for (int from = 0; from < group.size(); from += MEMBERS) {
            Launch launch = workspace.launch().kernel("signed_power_gradient");
            long largest = members(launch, group, from, Role.GRADIENT);
            exponent(launch, alpha).f(alpha).grid1d((largest + 3) / 4, BLOCK);
        }
    }

    /** The structure of the members is one argument. Behind the last member it repeats it, for the kernel not to look at. */
    private static long members(Launch launch, List<Space> group, int from, Role target) {
        int to = Math.min(group.size(), from + MEMBERS);
        long largest = 0;
        for (int i = from; i < from + MEMBERS; i++) {
            CudaSpace space = (CudaSpace) group.get(Math.min(i, to - 1));
            launch.field(i == from, space.values(Role.THETA).data().address())
                    .word(space.values(target).data().address())
                    .word(space.count());
            largest = Math.max(largest, space.count());
        }
        launch.i(to - from);
        return largest;
    }

    /** Quarters up to 4 are taken by products and roots, but not 3/4, which takes both roots; as on the backend cpu-vector. */
    private static Launch exponent(Launch launch, float alpha) {
        float exponent = alpha - 1;
        float quarters = 4 * exponent;
        boolean byRoots = quarters <= 16 && quarters == (int) quarters && quarters % 4 != 3;
        return launch.f(exponent).i(byRoots ? (int) quarters : -1);
    }
}
