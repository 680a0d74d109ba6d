package dev.gossamer.cpu;

import dev.gossamer.engine.Backend;

/** The same with panels of 32 columns, as {@code tune} may choose them: sums over the batch go from panel to panel. */
class CpuNarrowPanelsProductTest extends CpuProductTest {

    @Override
    protected Backend backend() {
        return CpuUnderTest.backend(32);
    }
}
