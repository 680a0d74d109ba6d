package dev.gossamer.testkit;

import dev.gossamer.engine.Tensor;

/**
 * Looks behind the opaque layout of one backend, for the contract that halo and tail lanes hold +0.0 on exit from every op.
 * A backend's test supplies it.
 */
@FunctionalInterface
public interface PaddingProbe {

    /** For a backend whose padding cannot be seen or that has none. */
    PaddingProbe NONE = tensor -> true;

    /**
     * Whether all padding of the tensor is +0.0, bit for bit. The later samples of a whole whose view this is are not
     * padding, except where the backend itself treats them so.
     */
    boolean paddingIsZero(Tensor tensor);
}
