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

    @Override
    protected PaddingProbe padding() {
        return CudaUnderTest::paddingIsZero;
    }

    @Override
    protected void assertNothingHeld(Backend backend) {
        CudaUnderTest.assertNothingHeld(backend);
    }
}
