package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.GatherScatterContract;

class ReferenceGatherScatterTest extends GatherScatterContract {

    @Override
    protected Backend backend() {
        return new ReferenceBackend();
    }

    @Override
    protected PaddingProbe padding() {
        return ReferencePadding.PROBE;
    }
}
