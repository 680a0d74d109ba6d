package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Compiles the stand-ins for NVIDIA's libraries. A test that needs one is skipped where there is no C compiler. */
final class CCompiler {

    private static final Path SOURCES = Path.of("src", "test", "c");

    private CCompiler() {}

    /**
     * Makes {@code folder/soname} from a source.
     *
     * @param options more options of the compiler
     */
    static Path library(String source, Path folder, String soname, String... options) {
        Optional<String> compiler = find();
        assumeTrue(compiler.isPresent(), "no cc or gcc on the PATH to make a stand-in for " + soname);
        assumeTrue(System.getProperty("os.name").equals("Linux"), "stand-ins are made for Linux");
        Path file = folder.resolve(soname);
        List<String> command = new ArrayList<>(List.of(compiler.get(), "-shared", "-fPIC", "-Wl,-soname," + soname));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", file.toString(), SOURCES.resolve(source).toString()));
        try {
            Files.createDirectories(folder);
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as("%s: %s", command, said).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return file;
    }

    private static Optional<String> find() {
        List<String> folders =
                Arrays.asList(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1));
        return List.of("cc", "gcc").stream()
                .filter(name -> folders.stream().anyMatch(folder -> Files.isExecutable(Path.of(folder, name))))
                .findFirst();
    }
}
