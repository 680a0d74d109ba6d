package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.DeterminismContract;

class ReferenceDeterminismTest extends DeterminismContract {

    @Override
    protected Backend backend() {
        return new ReferenceBackend();
    }

    @Override
    protected PaddingProbe padding() {
        return ReferencePadding.PROBE;
    }
}
