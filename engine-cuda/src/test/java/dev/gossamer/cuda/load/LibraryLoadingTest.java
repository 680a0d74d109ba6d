package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which library is taken, and what a missing or broken one costs, with stand-ins that only tell their version. */
class LibraryLoadingTest {

    @TempDir
    Path work;

    /** A stand-in for the library of one CUDA, with the symbol versions that NVIDIA's has. */
    private static void install(CudaLibrary library, int major, Path folder) throws IOException {
        Files.createDirectories(folder);
        String soname = library.file(major, false);
        Path versions = Files.writeString(
                folder.resolve("versions"), soname + " { global: cublas*; cusparse*; nvrtc*; local: *; };");
        String companion = switch (library) {
            case CUBLAS -> "libcublasLt.so." + major;
            case CUSPARSE -> "libnvJitLink.so." + major;
            case NVRTC -> "libnvrtc-builtins.so." + major + ".4";
        };
        Path needed = CCompiler.library("driver_stub.c", folder, companion);
        CCompiler.library(
                "library_stub.c",
                folder,
                soname,
                "-Wl,--version-script=" + versions,
                "-Wl,--no-as-needed",
                needed.toString(),
                "-DMAJOR=" + major,
                "-DMINOR=4",
                "-DPATCH=7");
    }

    private void installAll(int major, Path folder) throws IOException {
        for (CudaLibrary library : CudaLibrary.values()) {
            install(library, major, folder);
        }
    }

    private ChildJvm.Result load(int driver, Path... folders) {
        String list = String.join(
                File.pathSeparator, Arrays.stream(folders).map(Path::toString).toList());
        ChildJvm.Result result = new ChildJvm(work.resolve("jvm"))
                .flag("-D" + LibrarySearch.PROPERTY + "=" + list)
                .run(LibrariesMain.class, Integer.toString(driver));
        assertThat(result.err()).isEmpty();
        return result;
    }

    @Test
    void cuda12IsTakenAsItIs() throws IOException {
        Path folder = work.resolve("cuda12");
        installAll(12, folder);

        ChildJvm.Result result = load(12040, folder);

        assertThat(result.value("CUBLAS")).isEqualTo("12.4.7");
        assertThat(result.value("CUSPARSE")).isEqualTo("12.4.7");
        assertThat(result.value("NVRTC")).isEqualTo("12.4");
        assertThat(result.value("CUBLAS.file"))
                .isEqualTo(folder.resolve("libcublas.so.12").toString());
        assertThat(result.value("CUBLAS.origin")).isEqualTo("system property gossamer.cuda.libraries");
        assertThat(result.out()).doesNotContain("retargeted=true");
    }

    @Test
    void forCuda13CublasAndNvrtcAreRetargeted() throws IOException {
        Path folder = work.resolve("cuda13");
        installAll(13, folder);

        ChildJvm.Result result = load(13000, folder);

        assertThat(result.value("CUBLAS")).isEqualTo("13.4.7");
        assertThat(result.value("CUSPARSE")).isEqualTo("13.4.7");
        assertThat(result.value("NVRTC")).isEqualTo("13.4");
        assertThat(result.value("CUBLAS.retargeted")).isEqualTo("true");
        assertThat(result.value("CUSPARSE.retargeted")).isEqualTo("false");
        assertThat(result.value("NVRTC.retargeted")).isEqualTo("true");
    }

    @Test
    void aDriverForCuda12TakesNothingOfCuda13() throws IOException {
        Path newer = work.resolve("cuda13");
        Path older = work.resolve("cuda12");
        installAll(13, newer);
        installAll(12, older);

        ChildJvm.Result result = load(12080, newer, older);

        assertThat(result.value("CUBLAS")).isEqualTo("12.4.7");
        assertThat(result.value("CUSPARSE")).isEqualTo("12.4.7");
        assertThat(result.value("NVRTC")).isEqualTo("12.4");
    }

    @Test
    void aDriverForCuda12SaysThatCuda13IsTooNew() throws IOException {
        Path folder = work.resolve("cuda13");
        installAll(13, folder);

        ChildJvm.Result result = load(12080, folder);

        for (CudaLibrary library : CudaLibrary.values()) {
            assertThat(result.value(library + ".reason"))
                    .startsWith(library.title() + " is for CUDA 13 (" + folder)
                    .endsWith("and the driver knows CUDA 12.8");
            assertThat(result.value(library + ".remedy")).contains("Update the driver");
        }
    }

    @Test
    void whatIsMissingTakesNothingElseAway() throws IOException {
        Path folder = work.resolve("some");
        install(CudaLibrary.CUSPARSE, 12, folder);

        ChildJvm.Result result = load(13000, folder, work.resolve("nowhere"));

        assertThat(result.value("CUSPARSE")).isEqualTo("12.4.7");
        assertThat(result.value("CUBLAS.reason"))
                .isEqualTo("cuBLAS was not found: no libcublas.so.13 or libcublas.so.12 in " + folder + ", "
                        + work.resolve("nowhere") + " (no such folder) (system property gossamer.cuda.libraries)");
        assertThat(result.value("NVRTC.reason")).startsWith("NVRTC was not found: no libnvrtc.so.13 or libnvrtc.so.12");
        assertThat(result.value("NVRTC.remedy")).contains("nvidia-cuda-nvrtc", "-Dgossamer.cuda.libraries=");
    }

    @Test
    void whatIsBrokenIsNamedAndTakesNothingElseAway() throws IOException {
        Path folder = work.resolve("some");
        installAll(12, folder);
        Path cut = folder.resolve("libcublasLt.so.12");
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), 100));
        Files.writeString(folder.resolve("libcusparse.so.12"), "no library");

        ChildJvm.Result result = load(13000, folder);

        assertThat(result.value("CUBLAS.reason"))
                .startsWith("cuBLAS (" + cut + ") cannot be loaded: is cut short or damaged");
        assertThat(result.value("CUSPARSE.reason")).contains("libcusparse.so.12) cannot be loaded: is not an ELF file");
        assertThat(result.value("CUSPARSE.remedy")).contains("Install it again");
        assertThat(result.value("NVRTC")).isEqualTo("12.4");
    }

    @Test
    void aCompanionMayBeInAnotherFolder() throws IOException {
        Path sparse = work.resolve("cusparse");
        Path link = Files.createDirectories(work.resolve("nvjitlink"));
        install(CudaLibrary.CUSPARSE, 12, sparse);
        Files.move(sparse.resolve("libnvJitLink.so.12"), link.resolve("libnvJitLink.so.12"));

        assertThat(load(12000, sparse, link).value("CUSPARSE")).isEqualTo("12.4.7");
    }
}
