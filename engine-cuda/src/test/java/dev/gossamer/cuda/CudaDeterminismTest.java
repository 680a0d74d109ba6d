package dev.gossamer.cuda;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.DeterminismContract;

class CudaDeterminismTest extends DeterminismContract {

    @Override
    protected Backend backend() {
        return CudaUnderTest.backend();
    }

    /** cuSPARSE and cuBLAS order the sums of linear products as they like. */
    @Override
    protected boolean ordersLinearProducts() {
        return false;
    }

    /** From 32 channels on a small plane has its sums cut into parts, which dense and packed weights do differently. */
    @Override
    protected int channelsOfOneChain() {
        return 31;
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
