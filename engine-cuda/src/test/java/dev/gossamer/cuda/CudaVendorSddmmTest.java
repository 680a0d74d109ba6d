package dev.gossamer.cuda;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.SddmmContract;

/** With products of packed matrices by cuSPARSE instead of our kernels. */
class CudaVendorSddmmTest extends SddmmContract {

    @Override
    protected Backend backend() {
        return CudaUnderTest.vendor();
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
