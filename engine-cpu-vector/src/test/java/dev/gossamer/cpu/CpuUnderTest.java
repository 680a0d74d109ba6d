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
        return backend(64);
    }

    static Backend backend(int panelColumns) {
        VectorWidth.assumeAvailable();
        Map<String, Double> tuning = Map.of("parallel.flops", 0.0, "panel.columns", (double) panelColumns);
        return CpuBackend.open(new BackendOptions(THREADS, new TuningTable(tuning)));
    }

    /**
     * Looks at the halo, and at the lanes between the batch and the end of its block; in a view these are later samples of the
     * whole.
     */
    static boolean paddingIsZero(Tensor tensor) {
        CpuTensor t = (CpuTensor) tensor;
        boolean[] inside = new boolean[t.positions];
        for (int feature = 0; feature < t.features; feature++) {
            inside[t.position(feature)] = true;
        }
        int lanes = t.layout() == Layout.ROW_MAJOR || t.batch != t.wholeBatch
                ? t.batch
                : CpuTensor.blocks(t.batch, t.block) * t.block;
        for (int position = 0; position < t.positions; position++) {
            for (int lane = inside[position] ? t.batch : 0; lane < lanes; lane++) {
                float value = t.data.get(ValueLayout.JAVA_FLOAT, t.offset(position, lane));
                if (Float.floatToRawIntBits(value) != 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
