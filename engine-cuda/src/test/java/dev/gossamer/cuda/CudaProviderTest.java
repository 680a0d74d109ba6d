package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Availability.Unavailable;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.BackendSelectionException;
import dev.gossamer.engine.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CudaProviderTest {

    @TempDir
    Path root;

    private Unavailable answer(Map<String, String> env, boolean windows) {
        return CudaProvider.answer(new NvidiaDriver(root, env, windows));
    }

    private Path file(String path) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.createFile(file);
    }

    @Test
    void aMachineWithoutDriverIsToldHowToGetOneAndThatItIsNotEnough() {
        Unavailable why = answer(Map.of(), false);

        assertThat(why.reason()).contains("no NVIDIA driver found", "/proc/driver/nvidia/version", "libcuda.so.1");
        assertThat(why.remedy()).contains("nvidia.com/drivers", "no CUDA kernels", "cpu-vector");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proc/driver/nvidia/version",
                "usr/lib/x86_64-linux-gnu/libcuda.so.1",
                "usr/lib64/libcuda.so.1",
                "usr/lib/wsl/lib/libcuda.so.1"
            })
    void aMachineWithDriverIsToldThatTheKernelsAreMissing(String path) throws IOException {
        Path trace = file(path);

        Unavailable why = answer(Map.of(), false);

        assertThat(why.reason()).contains("no CUDA kernels", trace.toString()).doesNotContain("no NVIDIA driver");
        assertThat(why.remedy()).contains("version of Gossamer", "cpu-vector").doesNotContain("nvidia.com");
    }

    @Test
    void theLibraryPathIsSearchedWhateverElseIsInIt() throws IOException {
        Path trace = file("somewhere/libcuda.so.1");
        String path = "\0bad" + java.io.File.pathSeparator + java.io.File.pathSeparator + trace.getParent();

        assertThat(answer(Map.of("LD_LIBRARY_PATH", path), false).reason()).contains(trace.toString());
    }

    @Test
    void windowsKeepsItsDriverElsewhere() throws IOException {
        file("proc/driver/nvidia/version");
        assertThat(answer(Map.of(), true).reason()).contains("no NVIDIA driver found", "nvcuda.dll");

        Path trace = file("Windows/System32/nvcuda.dll");
        String systemRoot = root.resolve("Windows").toString();
        assertThat(answer(Map.of("SystemRoot", systemRoot), true).reason()).contains(trace.toString());
    }

    @Test
    void itIsFoundAsAServiceAndAskingForItSaysWhyNot() {
        assertThat(Backends.candidates()).anySatisfy(candidate -> {
            assertThat(candidate.name()).isEqualTo("cuda");
            assertThat(candidate.priority()).isEqualTo(200);
            assertThat(candidate.availability()).isInstanceOf(Unavailable.class);
        });
        assertThatThrownBy(() -> Backends.open("cuda", BackendOptions.defaults()))
                .isInstanceOf(BackendSelectionException.class)
                .hasMessageContaining("Backend cuda (asked for by argument) cannot run here: ")
                .hasMessageContaining("no CUDA kernels")
                .hasMessageContaining("use the backend cpu-vector");
    }

    @Test
    void autoPassesOverItAndSaysWhy() {
        Backends.Choice choice = Backends.open(Backends.AUTO, BackendOptions.defaults());
        try (var backend = choice.backend()) {
            assertThat(backend.name()).isNotEqualTo("cuda");
            assertThat(choice.explanation()).contains("not cuda: ");
        }
    }
}
