package dev.gossamer.cpu;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.RecordedStepContract;

class CpuRecordedStepTest extends RecordedStepContract {

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
