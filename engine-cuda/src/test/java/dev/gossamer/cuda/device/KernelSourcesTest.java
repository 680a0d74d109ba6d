package dev.gossamer.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KernelSourcesTest {

    /** One that all.cu does not include would be compiled by nobody. */
    @Test
    void everySourceIsPackagedAndPartOfTheUnit() throws IOException {
        KernelSources packaged = KernelSources.packaged();
        try (Stream<Path> files = Files.list(Path.of("src/main/cuda"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(packaged.files().keySet());
        }
        assertThat(packaged.unit()).contains("#include \"common.cuh\"");
        assertThat(packaged.headers()).containsKey("common.cuh").doesNotContainKey("all.cu");
    }

    /** One that does not would read what the kernel before it has not written yet. */
    @Test
    void everyKernelFirstWaitsForTheOneBeforeIt() {
        Pattern start = Pattern.compile("__global__ void[^{;]*\\{\\s*(\\S+)");
        List<String> firstStatements = KernelSources.packaged().files().values().stream()
                .flatMap(text -> start.matcher(text).results())
                .map(kernel -> kernel.group(1))
                .toList();
        assertThat(firstStatements)
                .hasSizeGreaterThanOrEqualTo((int) KernelNamesTest.kernels().count());
        assertThat(firstStatements).containsOnly("await_previous();");
    }

    /** Which would let the compiler read before a kernel has waited for the one that writes. */
    @Test
    void noKernelPromisesThatNobodyWritesWhatItReads() {
        assertThat(KernelSources.packaged().files().values())
                .noneMatch(text -> Pattern.compile("__restrict__|__ldg|\\.global\\.nc")
                        .matcher(text)
                        .find());
    }

    /** Expected values: printf a >all.cu; printf b >b.cuh; sha256sum all.cu b.cuh | sha256sum. */
    @Test
    void theDigestIsThatOfTheShell() {
        KernelSources sources = sources(Map.of("all.cu", "a", "b.cuh", "b"));
        assertThat(sources.digest()).isEqualTo("92d58ab659d0214d18678ce19872b2824e10fe128f980b2e7542f70d7aadd5c3");
        assertThat(sources(Map.of("all.cu", "a", "c.cuh", "b")).digest()).isNotEqualTo(sources.digest());
        assertThat(sources(Map.of("all.cu", "a", "b.cuh", "c")).digest()).isNotEqualTo(sources.digest());
    }

    @Test
    void aUnitIsNeeded() {
        assertThatThrownBy(() -> sources(Map.of("b.cuh", "b")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("all.cu");
    }

    private static KernelSources sources(Map<String, String> files) {
        return new KernelSources(new TreeMap<>(files));
    }
}
