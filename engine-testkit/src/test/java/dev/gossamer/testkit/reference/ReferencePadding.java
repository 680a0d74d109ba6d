package dev.gossamer.testkit.reference;

import dev.gossamer.testkit.PaddingProbe;

/** Sees the spare numbers behind the rows of a {@link ReferenceTensor}. */
final class ReferencePadding {

    static final PaddingProbe PROBE = tensor -> ((ReferenceTensor) tensor).paddingIsZero();

    private ReferencePadding() {}
}
