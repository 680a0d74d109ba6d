package dev.gossamer.cuda;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.ProductContract;

/** With products of packed matrices by cuSPARSE instead of our kernels. */
class CudaVendorProductTest extends ProductContract {

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
