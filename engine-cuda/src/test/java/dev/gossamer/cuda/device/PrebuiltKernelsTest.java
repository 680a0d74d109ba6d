package dev.gossamer.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fatbin that is shipped. */
class PrebuiltKernelsTest {

    private static final int CUDA_13 = 13_000;
    private static final int ENOUGH_BYTES = 2_500_000;

    private final PrebuiltKernels kernels = PrebuiltKernels.packaged().orElseThrow();

    @Test
    void itIsOfTheSourcesThatAreShipped() {
        assertThat(kernels.madeOf(KernelSources.packaged()))
                .as("kernels.fatbin is made of the kernels' sources as they are; if not: run engine-cuda/build-kernels,"
                        + " and commit what it writes")
                .isTrue();
    }

    @Test
    void itIsAFatbinOfAModestSize() {
        byte[] fatbin = kernels.image(new GpuTarget(9, 0, CUDA_13), "asked").bytes();
        assertThat(fatbin).startsWith(0x50, 0xed, 0x55, 0xba).hasSizeLessThan(ENOUGH_BYTES);
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 86, 89, 90, 100, 103, 120})
    void itHasMachineCodeForTheseGpus(int architecture) {
        GpuTarget target = new GpuTarget(architecture / 10, architecture % 10, CUDA_13);
        assertThat(kernels.refusal(target)).isEmpty();
        assertThat(kernels.image(target, "asked").describe()).contains("(machine code)");
    }

    @ParameterizedTest
    @ValueSource(ints = {75, 110, 130})
    void itHasPtxForOthers(int architecture) {
        GpuTarget target = new GpuTarget(architecture / 10, architecture % 10, 13_090);
        assertThat(kernels.refusal(target)).isEmpty();
        assertThat(kernels.image(target, "asked").describe()).contains("(PTX for the driver to compile)");
    }

    @ParameterizedTest
    @ValueSource(ints = {60, 70})
    void itHasNothingForOldGpus(int architecture) {
        assertThat(kernels.refusal(new GpuTarget(architecture / 10, architecture % 10, CUDA_13)))
                .isPresent();
    }
}
