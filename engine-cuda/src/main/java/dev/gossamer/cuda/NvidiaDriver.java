package dev.gossamer.cuda;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Looks for an NVIDIA driver by its files; nothing is loaded, so nothing can fail.
 *
 * @param root what paths are resolved against: the root folder
 * @param env the environment
 * @param windows whether this is Windows
 */
record NvidiaDriver(Path root, Map<String, String> env, boolean windows) {

    /** There when the kernel module is loaded, on Linux. */
    static final String KERNEL_MODULE = "/proc/driver/nvidia/version";

    private static final List<String> LIBRARY_FOLDERS = List.of(
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib64",
            "/usr/lib",
            "/usr/lib/wsl/lib",
            "/usr/local/nvidia/lib64",
            "/run/opengl-driver/lib");

    static NvidiaDriver ofThisMachine() {
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        return new NvidiaDriver(Path.of(File.separator), System.getenv(), windows);
    }

    /** File name of the driver's library. */
    String library() {
        return windows ? "nvcuda.dll" : "libcuda.so.1";
    }

    /** The first file found that only the driver brings; empty when there is none. */
    Optional<Path> trace() {
        Stream<Path> kernel = windows ? Stream.empty() : Stream.of(at(KERNEL_MODULE));
        return Stream.concat(kernel, folders().stream().map(folder -> folder.resolve(library())))
                .filter(Files::exists)
                .findFirst();
    }

    private List<Path> folders() {
        List<Path> folders = new ArrayList<>(named(windows ? "PATH" : "LD_LIBRARY_PATH"));
        if (windows) {
            named("SystemRoot").forEach(folder -> folders.add(folder.resolve("System32")));
        } else {
            LIBRARY_FOLDERS.forEach(folder -> folders.add(at(folder)));
        }
        return folders;
    }

    private Path at(String absolute) {
        return root.resolve(absolute.substring(1));
    }

    /** The folders that a variable lists; those that are no paths here are left out. */
    private List<Path> named(String variable) {
        return Arrays.stream(env.getOrDefault(variable, "").split(File.pathSeparator, -1))
                .filter(part -> !part.isBlank())
                .flatMap(part -> path(part).stream())
                .toList();
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
            return Optional.empty(); // users' paths hold anything; a folder with such a name does not exist here
        }
    }
}
