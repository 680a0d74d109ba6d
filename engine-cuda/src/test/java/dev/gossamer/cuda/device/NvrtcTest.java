package dev.gossamer.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernels through the real NVRTC, which needs no GPU, where its library is: a toolkit's, a Python wheel's, or that of
 * GOSSAMER_CUDA_LIBRARIES.
 */
class NvrtcTest {

    @TempDir
    Path cache;

    @Test
    void itCompilesEveryKernelOnceAndRepairsTheCache() throws Exception {
        String first = ask("9.0").getFirst();
        assertThat(first).matches("compiled by NVRTC 1\\d\\.\\d+ for sm_90, kept in \\Q" + cache + "\\E, [0-9a-f]{64}");
        Path entry = onlyEntry();
        byte[] kept = Files.readAllBytes(entry);
        byte[] cubin = new CubinCache(Optional.of(cache))
                .read(entry.getFileName().toString())
                .orElseThrow();
        assertThat(first).endsWith(", " + Digests.hex(cubin));
        assertThat(KernelNamesTest.kernels())
                .isNotEmpty()
                .allSatisfy(kernel -> assertThat(names(cubin)).contains(".text." + kernel));

        String again = ask("9.0").getFirst();
        assertThat(again).isEqualTo(first.replace(" for sm_90, kept", " for sm_90 in an earlier run, kept"));

        Files.write(entry, Arrays.copyOf(kept, kept.length / 2));
        assertThat(ask("9.0").getFirst()).isEqualTo(first);
        assertThat(onlyEntry()).isEqualTo(entry).hasBinaryContent(kept);
    }

    @Test
    void aGpuNewerThanItGetsPtxAndAnErrorShowsTheLog() throws Exception {
        List<String> said = ask("99.0", "broken");
        assertThat(said.get(0)).matches("compiled by NVRTC 1\\d\\.\\d+ for compute_\\d+, kept in .*");
        String entry = onlyEntry().getFileName().toString();
        byte[] ptx = new CubinCache(Optional.of(cache)).read(entry).orElseThrow();
        assertThat(names(ptx)).contains(".visible .entry relu_forward(");
        assertThat(ptx).endsWith((byte) 0);

        assertThat(said.get(1))
                .contains("did not compile the kernels with --gpu-architecture=sm_90: NVRTC_ERROR_COMPILATION")
                .contains("some.cuh(2): error: identifier \"missing\" is undefined");
    }

    private Path onlyEntry() throws IOException {
        try (Stream<Path> entries = Files.list(cache)) {
            List<Path> all = entries.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }

    /** Machine code has its names among the bytes. */
    private static String names(byte[] image) {
        return new String(image, StandardCharsets.ISO_8859_1);
    }

    private List<String> ask(String... targets) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.add("-D" + KernelImages.PROPERTY + "=nvrtc");
        command.add("-D" + CubinCache.PROPERTY + "=" + cache);
        Optional.ofNullable(System.getProperty("gossamer.cuda.libraries"))
                .ifPresent(folders -> command.add("-Dgossamer.cuda.libraries=" + folders));
        command.add(NvrtcMain.class.getName());
        command.addAll(List.of(targets));
        Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int exit = jvm.waitFor();
        if (exit == NvrtcMain.NO_NVRTC) {
            System.out.println("Kernels were not compiled by NVRTC: " + said);
            abort(said);
        }
        assertThat(exit).as(said).isZero();
        return said.lines().toList();
    }
}
