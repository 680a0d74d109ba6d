package dev.gossamer.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.cuda.device.KernelImages.Choice;
import dev.gossamer.cuda.device.KernelImages.Nvrtc;
import dev.gossamer.engine.EngineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which way is taken, with a compiler that notes what it is asked. NvrtcTest has the real one. */
class KernelImagesTest {

    private static final KernelSources SOURCES = sources("kernels");
    private static final GpuTarget H100 = new GpuTarget(9, 0, 13000);
    private static final byte[] FATBIN = {7, 7};

    @TempDir
    Path folder;

    private CubinCache cache = new CubinCache(Optional.empty());
    private final List<String> compiled = new ArrayList<>();

    @BeforeEach
    void openCache() {
        cache = new CubinCache(Optional.of(folder));
    }

    @Test
    void nvrtcCompilesForTheDeviceOnceForAllRuns() {
        KernelImage first =
                images(Choice.AUTO, nvrtc("13.0"), prebuilt(SOURCES)).imageFor(H100);
        KernelImage second =
                images(Choice.AUTO, nvrtc("13.0"), prebuilt(SOURCES)).imageFor(H100);

        assertThat(compiled)
                .containsExactly(
                        "13.0 kernels -std=c++17 -fmad=false --device-as-default-execution-space --gpu-architecture=sm_90");
        assertThat(text(first)).isEqualTo(compiled.get(0));
        assertThat(text(second)).isEqualTo(compiled.get(0));
        assertThat(first.describe()).isEqualTo("compiled by NVRTC 13.0 for sm_90, kept in " + folder);
        assertThat(second.describe())
                .isEqualTo("compiled by NVRTC 13.0 for sm_90 in an earlier run, kept in " + folder);
    }

    @Test
    void otherSourcesCompilersAndDevicesAreOtherEntries() {
        images(Choice.AUTO, nvrtc("13.0"), Optional.empty()).imageFor(H100);
        images(Choice.AUTO, nvrtc("12.9"), Optional.empty()).imageFor(H100);
        images(Choice.AUTO, nvrtc("13.0"), Optional.empty()).imageFor(new GpuTarget(8, 0, 13000));
        new KernelImages(Choice.AUTO, sources("changed"), nvrtc("13.0"), cache, Optional.empty()).imageFor(H100);
        assertThat(compiled).hasSize(4).doesNotHaveDuplicates();
    }

    @Test
    void aDamagedEntryIsCompiledAgain() throws IOException {
        KernelImages images = images(Choice.NVRTC, nvrtc("13.0"), Optional.empty());
        images.imageFor(H100);
        try (Stream<Path> entries = Files.list(folder)) {
            Files.write(entries.findFirst().orElseThrow(), new byte[] {1, 2, 3});
        }
        assertThat(text(images.imageFor(H100))).isEqualTo(compiled.get(0));
        assertThat(compiled).hasSize(2);
        images.imageFor(H100);
        assertThat(compiled).as("the entry was repaired").hasSize(2);
    }

    @Test
    void aNewerDeviceGetsPtxOfTheNewestKnown() {
        images(Choice.AUTO, nvrtc("13.0"), Optional.empty()).imageFor(new GpuTarget(11, 0, 13010));
        assertThat(compiled.get(0)).endsWith("--gpu-architecture=compute_90");
    }

    @ParameterizedTest(name = "sm {0}.{1}, driver {2}")
    @CsvSource({
        "9, 0, 12040, the kernels of NVRTC 13.0 need a newer driver",
        "7, 0, 13000, NVRTC 13.0 compiles for newer GPUs only",
    })
    void whereNvrtcDoesNotServeTheRefusalSaysWhy(int major, int minor, int driver, String reason) {
        GpuTarget target = new GpuTarget(major, minor, driver);
        KernelImages images = images(Choice.AUTO, nvrtc("13.0"), Optional.empty());
        String both = reason + ", and this build of Gossamer has no prebuilt kernels";
        assertThat(images.refusal(target)).hasValueSatisfying(why -> {
            assertThat(why.reason()).isEqualTo("no kernels for " + target + ": " + both);
            assertThat(why.remedy()).contains("driver to 580", "nvidia-cuda-nvrtc-cu12");
        });
        assertThatThrownBy(() -> images.imageFor(target))
                .isInstanceOf(EngineException.class)
                .hasMessageContainingAll(both, "driver to 580", "nvidia-cuda-nvrtc-cu12");
    }

    @Test
    void aNewerNvrtcOfTheSameMajorVersionServesWhatItKnows() {
        KernelImages images = images(Choice.AUTO, nvrtc("13.2"), Optional.empty());
        images.imageFor(H100);
        assertThat(compiled).hasSize(1);
        assertThat(images.refusal(new GpuTarget(11, 0, 13000)))
                .hasValueSatisfying(
                        why -> assertThat(why.reason()).contains("NVRTC 13.2 knows neither this GPU nor this driver"));
    }

    @ParameterizedTest(name = "sm {0}.{1}, driver {2}: {3}")
    @CsvSource({
        "9, 0, 13000, machine code",
        "8, 9, 13000, machine code",
        "7, 5, 13000, PTX for the driver to compile",
        "11, 0, 13010, PTX for the driver to compile",
    })
    void withoutNvrtcThePrebuiltOnesServe(int major, int minor, int driver, String how) {
        KernelImage image = images(Choice.AUTO, Nvrtc.missing("NVRTC was not found"), prebuilt(SOURCES))
                .imageFor(new GpuTarget(major, minor, driver));
        assertThat(image.bytes()).isEqualTo(FATBIN);
        assertThat(image.describe()).isEqualTo("prebuilt by nvcc 13.0 (" + how + "), as NVRTC was not found");
    }

    @ParameterizedTest(name = "sm {0}.{1}, driver {2}")
    @CsvSource({
        "9, 0, 12090, the prebuilt kernels need a driver of CUDA 13 or newer",
        "7, 0, 13000, the prebuilt kernels are for newer GPUs (sm_80 sm_90 compute_75)",
    })
    void wherePrebuiltOnesDoNotServeTheRefusalSaysWhy(int major, int minor, int driver, String reason) {
        KernelImages images = images(Choice.AUTO, Nvrtc.missing("NVRTC was not found"), prebuilt(SOURCES));
        assertThatThrownBy(() -> images.imageFor(new GpuTarget(major, minor, driver)))
                .isInstanceOf(EngineException.class)
                .hasMessageContainingAll("NVRTC was not found, and " + reason, "driver to 580");
    }

    @Test
    void ptxOfANewerCompilerIsNotForTheDriver() {
        Optional<PrebuiltKernels> newer = prebuilt(SOURCES.digest(), "13.2.10");
        KernelImages images = images(Choice.AUTO, Nvrtc.missing("NVRTC was not found"), newer);
        assertThat(images.refusal(H100)).isEmpty();
        assertThat(images.refusal(new GpuTarget(11, 0, 13000)))
                .hasValueSatisfying(why -> assertThat(why.reason()).contains("would need CUDA 13.2 to compile them"));
    }

    @Test
    void prebuiltOnesOfOtherSourcesServeOnlyWhoAsksForThem() {
        Optional<PrebuiltKernels> stale = prebuilt(sources("older"));
        KernelImages auto = images(Choice.AUTO, Nvrtc.missing("NVRTC was not found"), stale);
        assertThatThrownBy(() -> auto.imageFor(H100))
                .isInstanceOf(EngineException.class)
                .hasMessageContainingAll("made of other sources", "engine-cuda/build-kernels");

        KernelImage forced = images(Choice.PREBUILT, nvrtc("13.0"), stale).imageFor(H100);
        assertThat(forced.bytes()).isEqualTo(FATBIN);
    }

    @Test
    void oneWayOnlyWhenAskedFor() {
        KernelImage prebuilt =
                images(Choice.PREBUILT, nvrtc("13.0"), prebuilt(SOURCES)).imageFor(H100);
        assertThat(prebuilt.describe()).endsWith("as -Dgossamer.cuda.kernels=prebuilt excludes NVRTC");
        assertThat(compiled).isEmpty();

        KernelImages nvrtcOnly = images(Choice.NVRTC, Nvrtc.missing("NVRTC was not found"), prebuilt(SOURCES));
        assertThatThrownBy(() -> nvrtcOnly.imageFor(H100))
                .isInstanceOf(EngineException.class)
                .hasMessageContainingAll(
                        "NVRTC was not found, and -Dgossamer.cuda.kernels=nvrtc excludes the prebuilt kernels",
                        "Leave out -Dgossamer.cuda.kernels=nvrtc");
    }

    @Test
    void whenNvrtcFailsThePrebuiltOnesServeIfTheyCan() {
        Nvrtc failing = nvrtc("13.0", () -> new EngineException("all.cu(7): error: no such thing"));
        KernelImage image = images(Choice.AUTO, failing, prebuilt(SOURCES)).imageFor(H100);
        assertThat(image.bytes()).isEqualTo(FATBIN);
        assertThat(image.describe()).endsWith("as NVRTC failed");

        KernelImages alone = images(Choice.NVRTC, failing, prebuilt(SOURCES));
        assertThatThrownBy(() -> alone.imageFor(H100))
                .isInstanceOf(EngineException.class)
                .hasMessage("all.cu(7): error: no such thing");
    }

    @Test
    void theChoiceIsOneOfThree() {
        assertThat(Stream.of("", "auto", "nvrtc", "prebuilt").map(Choice::of))
                .containsExactly(Choice.AUTO, Choice.AUTO, Choice.NVRTC, Choice.PREBUILT);
        assertThatThrownBy(() -> Choice.of("cubin"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("-Dgossamer.cuda.kernels=cubin: it takes auto, nvrtc or prebuilt");
    }

    private KernelImages images(Choice choice, Nvrtc nvrtc, Optional<PrebuiltKernels> prebuilt) {
        return new KernelImages(choice, SOURCES, nvrtc, cache, prebuilt);
    }

    private Nvrtc nvrtc(String version) {
        return nvrtc(version, () -> null);
    }

    /** One for sm_75, 80 and 90, whose code is the text of what it was asked. */
    private Nvrtc nvrtc(String version, Supplier<EngineException> failure) {
        return Nvrtc.of(new KernelCompiler() {
            @Override
            public CudaVersion version() {
                return CudaVersion.parse(version);
            }

            @Override
            public List<Integer> architectures() {
                return List.of(75, 80, 90);
            }

            @Override
            public byte[] compile(KernelSources sources, List<String> options) {
                EngineException failed = failure.get();
                if (failed != null) {
                    throw failed;
                }
                compiled.add(version + " " + sources.unit() + " " + String.join(" ", options));
                return compiled.getLast().getBytes(StandardCharsets.UTF_8);
            }
        });
    }

    private static Optional<PrebuiltKernels> prebuilt(KernelSources sources) {
        return prebuilt(sources.digest(), "13.0.88");
    }

    private static Optional<PrebuiltKernels> prebuilt(String digest, String nvcc) {
        Properties manifest = new Properties();
        manifest.setProperty("fatbin", Digests.hex(FATBIN));
        manifest.setProperty("sources", digest);
        manifest.setProperty("nvcc", nvcc);
        manifest.setProperty("options", String.join(" ", KernelSources.OPTIONS));
        manifest.setProperty("architectures", "sm_80 sm_90 compute_75");
        return Optional.of(new PrebuiltKernels(FATBIN, manifest));
    }

    private static KernelSources sources(String unit) {
        return new KernelSources(new TreeMap<>(Map.of(KernelSources.UNIT, unit)));
    }

    private static String text(KernelImage image) {
        return new String(image.bytes(), StandardCharsets.UTF_8);
    }
}
