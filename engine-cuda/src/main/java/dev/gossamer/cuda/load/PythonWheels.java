package dev.gossamer.cuda.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Folders of NVIDIA's wheels for Python, which many machines have through PyTorch: one folder for all libraries in those of
 * CUDA 13, one for each library in those of CUDA 12. Python's packages are looked for where they usually are; an
 * interpreter is started as the last resort only.
 */
final class PythonWheels {

    private static final List<String> IN_PACKAGE = List.of("cu13", "cublas", "cusparse", "nvjitlink", "cuda_nvrtc");

    /** Libraries of a Python, below its prefix; {@code *} stands for a version. */
    private static final List<String> IN_PREFIX = List.of("site-packages", "dist-packages");

    private static final String QUESTION = "import nvidia; print(*nvidia.__path__, sep='\\n')";
    private static final int PATIENCE_SECONDS = 10;

    private final Machine machine;

    PythonWheels(Machine machine) {
        this.machine = machine;
    }

    /** The folders that exist, of the environment's Python first. */
    List<Path> list() {
        return prefixes()
                .flatMap(this::packages)
                .map(packages -> packages.resolve("nvidia"))
                .flatMap(PythonWheels::folders)
                .toList();
    }

    /** The folders of libraries in the package {@code nvidia}. */
    static Stream<Path> folders(Path nvidia) {
        return IN_PACKAGE.stream()
                .map(nvidia::resolve)
                .flatMap(wheel -> Stream.of(wheel.resolve("lib"), wheel.resolve("bin/x86_64"), wheel.resolve("bin")))
                .filter(Files::isDirectory);
    }

    private Stream<Path> prefixes() {
        List<Path> prefixes = new ArrayList<>();
        LibrarySearch.path(machine.variable("VIRTUAL_ENV")).ifPresent(prefixes::add);
        LibrarySearch.path(machine.variable("CONDA_PREFIX")).ifPresent(prefixes::add);
        LibrarySearch.path(machine.property("user.home")).ifPresent(home -> {
            prefixes.add(home.resolve(".local"));
            prefixes.addAll(LibrarySearch.children(home.resolve(".pyenv/versions"), "*"));
            prefixes.add(home.resolve("miniconda3"));
            prefixes.add(home.resolve("miniforge3"));
            prefixes.add(home.resolve("anaconda3"));
        });
        Stream.of("/usr/local", "/usr", "/opt/conda").map(machine::at).forEach(prefixes::add);
        return prefixes.stream();
    }

    /** Folders of packages, of the newest Python first. */
    private Stream<Path> packages(Path prefix) {
        List<Path> libraries = new ArrayList<>(LibrarySearch.children(prefix.resolve("lib"), "python3*"));
        libraries.add(prefix.resolve("Lib")); // on Windows
        return libraries.stream().flatMap(library -> IN_PREFIX.stream().map(library::resolve));
    }

    /** Asks the {@code python3} of the path for the folders of its package {@code nvidia}; none if anything fails. */
    static List<Path> ask() {
        Process process = null;
        try {
            process = new ProcessBuilder("python3", "-c", QUESTION)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .redirectInput(ProcessBuilder.Redirect.PIPE)
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                return List.of();
            }
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return answer.lines()
                    .flatMap(line -> LibrarySearch.path(line).stream())
                    .toList();
        } catch (IOException e) {
            return List.of(); // no Python here
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }
}
