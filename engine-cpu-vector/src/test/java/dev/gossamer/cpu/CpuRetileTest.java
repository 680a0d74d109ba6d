package dev.gossamer.cpu;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.RetileContract;

class CpuRetileTest extends RetileContract {

    @Override
    protected Backend backend() {
        return CpuUnderTest.backend();
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
