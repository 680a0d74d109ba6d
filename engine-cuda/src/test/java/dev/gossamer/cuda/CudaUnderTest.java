package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.cuda.device.Libraries;
import dev.gossamer.cuda.device.Live;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.testkit.BackendUnderTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;

/**
 * What the contracts run on: a GPU, or with {@code -Dgossamer.cuda.emulated=true} the emulator, which runs the same kernels
 * on the processor, below JCuda. Patterns up to a density of 0.3 are packed, so that both storages meet all cases.
 */
final class CudaUnderTest {

    /** The number of a device attribute. The emulated GPU is small, so that grids are and kernels have to stride. */
    private static final int MULTIPROCESSORS = 16;

    private static final TuningTable TUNING = CudaTuning.DEFAULTS.overriddenBy(new TuningTable(
            Map.of("masked.density", 0.3, "masked.density.small", 0.3, "convolution.masked.density", 0.3)));

    /** What tests of the emulator itself left behind in this JVM, when a backend was opened. */
    private static long bytesBefore;

    private static long descriptorsBefore;

    private CudaUnderTest() {}

    static Backend backend() {
        return backend(Map.of());
    }

    /** With cuSPARSE for all products of packed matrices. */
    static Backend vendor() {
        return backend(Map.of("spmm.own", 0.0, "sddmm.own", 0.0));
    }

    /** With other entries of the tuning table. */
    static Backend backend(Map<String, Double> tuning) {
        return backend(tuning, List.of(0));
    }

    /** On several GPUs, which only the emulator has. */
    static Backend backend(Map<String, Double> tuning, List<Integer> gpus) {
        BackendOptions options = new BackendOptions(1, TUNING.overriddenBy(new TuningTable(tuning)));
        if (Emulator.wanted()) {
            Emulator emulator = Emulator.load();
            emulator.setAttribute(MULTIPROCESSORS, 1);
            bytesBefore = emulator.liveBytes();
            descriptorsBefore = emulator.cusparseDescriptors();
            return CudaBackend.open(
                    options, gpus, new Libraries(null, null, "the emulator runs kernels compiled ahead"));
        }
        return BackendUnderTest.require("cuda", new CudaProvider().probe())
                .open()
                .apply(options);
    }

    /** After a test, its workspaces closed, nothing of the device is held but the one stream that uploads plans. */
    static void assertNothingHeld(Backend backend) {
        for (Live live : ((CudaBackend) backend).live()) {
            assertThat(live.deviceBytes()).as("live device bytes").isZero();
            assertThat(live.descriptors()).as("live cuSPARSE descriptors").isZero();
            assertThat(live.handles()).as("live library handles").isZero();
            assertThat(live.graphs()).as("live graphs").isZero();
            assertThat(live.streams()).as("live streams").isLessThanOrEqualTo(1);
        }
        if (Emulator.wanted()) {
            // Our own count is of what we meant to give back.
            Emulator emulator = Emulator.load();
            assertThat(emulator.liveBytes()).as("bytes by the driver's word").isEqualTo(bytesBefore);
            assertThat(emulator.cusparseDescriptors())
                    .as("descriptors by cuSPARSE's word")
                    .isEqualTo(descriptorsBefore);
            assertThat(emulator.liveGraphs()).as("graphs by the driver's word").isZero();
            assertThat(emulator.errors()).as("what the emulator saw").isEmpty();
        }
    }

    /** Looks at the columns between the batch and the end of its rows; in a view these are later samples of the whole. */
    static boolean paddingIsZero(Tensor tensor) {
        CudaTensor t = (CudaTensor) tensor;
        if (t.layout() == Layout.ROW_MAJOR || t.batch != t.wholeBatch || t.batch == t.ld) {
            return true;
        }
        MemorySegment all = MemorySegment.ofArray(new float[t.features * t.ld]);
        ((CudaWorkspace) t.owner()).download(t.data(), all, all.byteSize());
        for (int row = 0; row < t.features; row++) {
            for (int column = t.batch; column < t.ld; column++) {
                float value = all.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * t.ld + column);
                if (Float.floatToRawIntBits(value) != 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
