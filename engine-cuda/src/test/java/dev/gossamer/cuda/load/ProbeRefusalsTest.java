package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each refusal of the probe, in a JVM of its own that nothing was loaded in before. */
class ProbeRefusalsTest {

    @TempDir
    Path work;

    private ChildJvm jvm() {
        return new ChildJvm(work);
    }

    private static void assertRefused(ChildJvm jvm, String reason, String remedy) throws IOException {
        ChildJvm.Result result = jvm.run(ProbeMain.class);

        assertThat(result.value("reason")).contains(reason);
        assertThat(result.value("remedy")).contains(remedy);
        assertThat(result.value("again")).as("the second answer").isEqualTo("the same");
        assertThat(result.value("tmpdir")).isEqualTo("kept");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).hasSize(5);
        try (Stream<Path> left = Files.list(jvm.temporary())) {
            assertThat(left.filter(path -> !path.getFileName().toString().startsWith("hsperfdata")))
                    .isEmpty();
        }
    }

    private static boolean driverIsHere() {
        Machine here = Machine.here();
        return new LibrarySearch(here, List::of)
                .linkers().stream()
                        .anyMatch(folder -> Files.exists(folder.path().resolve("libcuda.so.1")));
    }

    @Test
    void noDriver() throws IOException {
        assumeTrue(!driverIsHere(), "this machine has an NVIDIA driver");
        assertRefused(jvm(), "no NVIDIA driver found on this machine (no libcuda.so.1)", "nvidia.com/drivers");
    }

    private ChildJvm withDriver(int result, int version) {
        CCompiler.library("driver_stub.c", work, "libcuda.so.1");
        return jvm().variable("LD_LIBRARY_PATH", work.toString())
                .variable("GOSSAMER_STUB_RESULT", Integer.toString(result))
                .variable("GOSSAMER_STUB_VERSION", Integer.toString(version));
    }

    @Test
    void driverButNoDevice() throws IOException {
        assertRefused(withDriver(100, 13000), "no GPU that it can use", "CUDA_VISIBLE_DEVICES may hide it (not set)");
    }

    @Test
    void devicesThatAreHiddenAreSaidToBe() throws IOException {
        assertRefused(
                withDriver(100, 12040).variable("CUDA_VISIBLE_DEVICES", "7"),
                "no GPU that it can use",
                "may hide it ('7')");
    }

    @Test
    void driverTooOld() throws IOException {
        assertRefused(withDriver(100, 11080), "too old: it knows CUDA 11.8, and 12.0 is the least", "driver 525");
    }

    @ParameterizedTest
    @CsvSource({
        "34, toolkit's stub for linking, LD_LIBRARY_PATH",
        "802, the NVIDIA driver is not ready, nvidia-fabricmanager",
        "803, differ in version, Reboot",
        "999, cudaErrorUnknown (999), nvidia-smi"
    })
    void whatElseTheDriverAnswers(int result, String reason, String remedy) throws IOException {
        assertRefused(withDriver(result, 13000), reason, remedy);
    }

    @Test
    void theDriverIsTakenFromTheFolderThatThePropertyNames() throws IOException {
        CCompiler.library("driver_stub.c", work, "libcuda.so.1");
        assertRefused(jvm().flag("-Dgossamer.cuda.libraries=" + work), "no GPU that it can use", "nvidia-smi");
    }

    @Test
    void aBrokenDriverIsNamed() throws IOException {
        Path broken = Files.writeString(work.resolve("libcuda.so.1"), "no library");
        assertRefused(
                jvm().flag("-Dgossamer.cuda.libraries=" + work),
                "the NVIDIA driver's library " + broken + " cannot be loaded: ",
                "Install the driver again");
    }

    @Test
    void nativeAccessDenied() throws IOException {
        assertRefused(
                jvm().withoutNativeAccess().flag("--illegal-native-access=deny"),
                "denies native access",
                "--enable-native-access=ALL-UNNAMED");
    }

    @Test
    void nativesAbsent() throws IOException {
        assertRefused(
                jvm().without("jcuda-natives", "jcublas-natives", "jcusparse-natives"),
                "libJCudaRuntime-12.6.0-linux-x86_64.so is not on the class path",
                "jcuda-natives, jcublas-natives and jcusparse-natives");
    }

    @Test
    void nativesThatTheLinkerRefuses() throws IOException {
        Path needed = CCompiler.library("driver_stub.c", work.resolve("gone"), "libgone.so.1");
        CCompiler.library(
                "driver_stub.c",
                work.resolve("classes/lib"),
                "libJCudaRuntime-12.6.0-linux-x86_64.so",
                "-Wl,--no-as-needed",
                needed.toString());
        assertRefused(
                jvm().first(work.resolve("classes")),
                "libgone.so.1: cannot open shared object file",
                "mounted noexec, name another with -Djava.io.tmpdir=FOLDER");
    }

    @Test
    void jcudaAbsent() throws IOException {
        assertRefused(
                jvm().without("jcuda-", "jcublas-", "jcusparse-"), "no class jcuda.runtime.JCuda", "the jars jcuda");
    }

    @ParameterizedTest
    @CsvSource({"Linux, aarch64", "Mac OS X, aarch64", "Windows 11, aarch64"})
    void platformWithoutNatives(String os, String arch) throws IOException {
        assertRefused(
                jvm().flag("-Dos.name=" + os).flag("-Dos.arch=" + arch),
                "Linux x86-64 and Windows x86-64 only, and this is " + os + " " + arch,
                "cpu-vector");
    }

    @Test
    void aFolderForTemporaryFilesThatCannotBeWritten() throws IOException {
        Path file = Files.createFile(work.resolve("file"));
        ChildJvm.Result result =
                jvm().flag("-Djava.io.tmpdir=" + file.resolve("in")).run(ProbeMain.class);

        assertThat(result.value("reason")).contains("libJCudaRuntime-12.6.0-linux-x86_64.so cannot be unpacked");
        assertThat(result.value("remedy")).contains("-Djava.io.tmpdir=FOLDER");
    }

    @Test
    void aLibraryThatOthersLeftUnderJcudasNameIsNotLoaded() throws IOException {
        ChildJvm jvm = withDriver(100, 13000);
        Path trap = Files.createDirectories(jvm.temporary()).resolve("libJCudaRuntime-12.6.0-linux-x86_64.so");
        Files.writeString(trap, "no library");

        ChildJvm.Result result = jvm.run(ProbeMain.class);

        assertThat(result.value("reason")).contains("no GPU that it can use");
        assertThat(trap).hasContent("no library");
    }

    @Test
    void severalThatStartTogetherDoNotMeet() throws IOException {
        List<ChildJvm> jvms = new ArrayList<>();
        List<Process> running = new ArrayList<>();
        Path shared = Files.createDirectories(work.resolve("shared"));
        CCompiler.library("driver_stub.c", work, "libcuda.so.1");
        for (int i = 0; i < 4; i++) {
            ChildJvm jvm = new ChildJvm(work.resolve("jvm" + i))
                    .flag("-Djava.io.tmpdir=" + shared)
                    .variable("LD_LIBRARY_PATH", work.toString());
            jvms.add(jvm);
            running.add(jvm.start(ProbeMain.class));
        }
        for (int i = 0; i < jvms.size(); i++) {
            assertThat(jvms.get(i).finish(running.get(i)).value("reason")).contains("no GPU that it can use");
        }
        try (Stream<Path> left = Files.list(shared)) {
            assertThat(left.map(path -> path.getFileName().toString()).filter(name -> !name.startsWith("hsperf")))
                    .isEmpty();
        }
    }
}
