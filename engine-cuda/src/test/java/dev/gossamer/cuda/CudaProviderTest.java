package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.cuda.device.GpuTarget;
import dev.gossamer.cuda.device.KernelImages;
import dev.gossamer.cuda.load.CudaLibrary;
import dev.gossamer.cuda.load.CudaRuntime;
import dev.gossamer.cuda.load.LibraryStatus;
import dev.gossamer.engine.Availability.Unavailable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CudaProviderTest {

    /** No library at all. */
    private static final CudaRuntime BARE = new CudaRuntime(12040, List.of(), libraries());

    private static Map<CudaLibrary, LibraryStatus> libraries() {
        return Arrays.stream(CudaLibrary.values())
                .collect(Collectors.toMap(
                        library -> library,
                        library -> new LibraryStatus.Missing(
                                new Unavailable("there is no " + library.title(), "Get it.", null))));
    }

    @Test
    void wherePrebuiltKernelsRunNoLibraryIsLoaded() {
        assertThat(KernelImages.refusal(new GpuTarget(9, 0, 13000), () -> {
                    throw new AssertionError("loads CUDA's libraries");
                }))
                .isEmpty();
    }

    @Test
    void whereTheyDoNotAndNvrtcIsMissingItIsRefused() {
        assertThat(KernelImages.refusal(new GpuTarget(9, 0, 12040), () -> BARE.whyMissing(CudaLibrary.NVRTC)))
                .hasValueSatisfying(why -> {
                    assertThat(why.reason()).contains("no kernels for sm_90", "there is no NVRTC, and ");
                    assertThat(why.remedy()).contains("driver", "nvidia-cuda-nvrtc");
                });
    }

    @Test
    void aWrongPropertyIsAnsweredAndDoesNotEscape() {
        System.setProperty("gossamer.cuda.kernels", "nonsense");
        try {
            assertThat(KernelImages.refusal(new GpuTarget(9, 0, 13000), () -> BARE.whyMissing(CudaLibrary.NVRTC)))
                    .hasValueSatisfying(why -> assertThat(why.reason()).contains("gossamer.cuda.kernels", "nonsense"));
        } finally {
            System.clearProperty("gossamer.cuda.kernels");
        }
    }

    @Test
    void aRuntimeTellsOfTheDriverAndOfEachLibrary() {
        assertThat(BARE.describe())
                .containsExactly(
                        "driver for CUDA 12.4",
                        "there is no cuBLAS. Get it.",
                        "there is no cuSPARSE. Get it.",
                        "there is no NVRTC. Get it.");
    }
}
