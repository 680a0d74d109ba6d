package dev.gossamer.cuda;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.SparseWeightsContract;

class CudaSparseWeightsTest extends SparseWeightsContract {

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

    /** The libraries order the sums of linear products with a pattern. */
    @Override
    protected boolean exactChains() {
        return false;
    }
}
