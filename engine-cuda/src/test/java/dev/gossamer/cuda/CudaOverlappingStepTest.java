package dev.gossamer.cuda;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.RecordedStepContract;
import java.util.Map;

/** With launches that overlap, which must change no number. */
class CudaOverlappingStepTest extends RecordedStepContract {

    @Override
    protected Backend backend() {
        return CudaUnderTest.backend(Map.of("launch.overlap", 1.0));
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
