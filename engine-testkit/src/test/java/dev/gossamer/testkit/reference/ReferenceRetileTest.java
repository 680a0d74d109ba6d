package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.RetileContract;

class ReferenceRetileTest extends RetileContract {

    @Override
    protected Backend backend() {
        return new ReferenceBackend();
    }

    @Override
    protected PaddingProbe padding() {
        return ReferencePadding.PROBE;
    }
}
