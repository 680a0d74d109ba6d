package dev.gossamer.cpu;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.TuningTable;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/** What the contracts run on: three threads, and no work too small for them. */
final class CpuUnderTest {

    static final int THREADS = 3;

    private CpuUnderTest() {}

    static Backend backend() {
        VectorWidth.assumeAvailable();
        return CpuBackend.open(new BackendOptions(THREADS, new TuningTable(Map.of("parallel.flops", 0.0))));
    }

    /** Looks at the lanes between the batch and the end of its block; in a view these are later samples of the whole. */
    static boolean paddingIsZero(Tensor tensor) {
        CpuTensor t = (CpuTensor) tensor;
        if (t.layout() == Layout.ROW_MAJOR || t.batch != t.wholeBatch || t.batch % t.block == 0) {
            return true;
        }
        for (int row = 0; row < t.features; row++) {
            long last = t.offset(row, t.batch - 1);
            for (int lane = 1; lane <= t.block - t.batch % t.block; lane++) {
                float value = t.data.get(ValueLayout.JAVA_FLOAT, last + (long) lane * Float.BYTES);
                if (Float.floatToRawIntBits(value) != 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
