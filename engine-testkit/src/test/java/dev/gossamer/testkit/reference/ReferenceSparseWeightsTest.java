package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.SparseWeightsContract;

class ReferenceSparseWeightsTest extends SparseWeightsContract {

    @Override
    protected Backend backend() {
        return new ReferenceBackend();
    }

    @Override
    protected PaddingProbe padding() {
        return ReferencePadding.PROBE;
    }
}
