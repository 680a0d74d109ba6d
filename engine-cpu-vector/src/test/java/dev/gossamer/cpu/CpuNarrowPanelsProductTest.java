package dev.gossamer.cpu;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.ProductContract;

/** With panels of 32 columns, as `tune` may choose them: sums over the batch go from panel to panel. */
class CpuNarrowPanelsProductTest extends ProductContract {

    @Override
    protected Backend backend() {
        return CpuUnderTest.backend(32);
    }

    @Override
    protected int threads() {
        return CpuUnderTest.THREADS;
    }

    @Override
    protected PaddingProbe padding() {
        return CpuUnderTest::paddingIsZero;
    }
}
