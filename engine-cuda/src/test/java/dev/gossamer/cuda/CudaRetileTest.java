package dev.gossamer.cuda;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.RetileContract;

class CudaRetileTest extends RetileContract {

    @Override
    protected Backend backend() {
        return CudaUnderTest.backend();
    }

    @Override
    protected PaddingProbe padding() {
        return CudaUnderTest::paddingIsZero;
    }

    @Override
    protected void assertNothingHeld(Backend backend) {
        CudaUnderTest.assertNothingHeld(backend);
    }
}
