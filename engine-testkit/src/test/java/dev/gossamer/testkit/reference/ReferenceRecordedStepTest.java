package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.RecordedStepContract;

class ReferenceRecordedStepTest extends RecordedStepContract {

    @Override
    protected Backend backend() {
        return new ReferenceBackend();
    }

    @Override
    protected PaddingProbe padding() {
        return ReferencePadding.PROBE;
    }
}
