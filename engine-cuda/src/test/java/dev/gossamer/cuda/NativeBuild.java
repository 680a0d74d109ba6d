package dev.gossamer.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compiles the emulator and kernels, each once per state of its sources: results lie in folders named by the digest of all
 * that went into them. A folder appears complete or not at all, so that JVMs may build at the same time.
 *
 * @param compiler path of a C++ compiler that understands GCC's options
 * @param version what it says of itself
 * @param sources folder of the emulator's sources
 * @param output folder for the results
 */
record NativeBuild(String compiler, String version, Path sources, Path output) {

    private static final List<String> FLAGS =
            List.of("-std=c++17", "-O1", "-g1", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off");

    /** Checks that call back into the emulator, which ends the launch; and what shared.ld needs. */
    private static final List<String> KERNEL_FLAGS = List.of("-fsanitize=alignment,bounds", "-fdata-sections");

    private static final Pattern KERNEL = Pattern.compile(
            "extern\\s+\"C\"\\s+__global__\\s+(?:void\\s+)?"
                    + "(?:__launch_bounds__\\s*\\((?<bounds>(?:[^()]|\\([^()]*\\))*)\\)\\s*)?(?:void\\s+)?(?<name>\\w+)\\s*\\(");
    private static final Pattern GLOBAL = Pattern.compile("extern\\s+\"C\"\\s+(?:__device__|__constant__)\\s+"
            + "[^;(){}=]*?\\b(?<name>\\w+)\\s*(?:\\[[^;={}]*\\]\\s*)?[=;]");

    /** A shared library, and what it is made of. */
    private record Library(String file, List<String> units, List<String> linkedWith, Optional<String> versionNode) {}

    private static final List<Library> LIBRARIES = List.of(
            new Library(
                    "libcuda.so.1",
                    List.of("device", "memory", "streams", "modules", "fibers"),
                    List.of("-ldl", "-lpthread"),
                    Optional.empty()),
            new Library("libcublas.so.12", List.of("cublas"), List.of("libcuda.so.1"), Optional.of("libcublas.so.12")),
            new Library(
                    "libcusparse.so.12",
                    List.of("cusparse"),
                    List.of("libcuda.so.1"),
                    Optional.of("libcusparse.so.12")));

    /** The first C++ compiler on the PATH; empty when there is none. */
    static Optional<String> findCompiler() {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of("g++", "clang++")
                .flatMap(name ->
                        Arrays.stream(path.split(File.pathSeparator, -1)).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    static NativeBuild with(String compiler, Path sources, Path output) throws IOException {
        return new NativeBuild(compiler, run(sources, List.of(compiler, "--version")), sources, output);
    }

    /** Folder with the stand-ins of the driver, cuBLAS and cuSPARSE. */
    Path libraries() throws IOException {
        return complete("libraries-" + digestOfSources(), this::buildLibraries);
    }

    /**
     * Library with the kernels of a .cu file and of all that it includes.
     *
     * @param libraries what {@link #libraries()} returned
     */
    Path kernels(Path source, Path libraries) throws IOException {
        String text = run(sources, List.of(compiler, "-E", "-P", "-x", "c++", absolute(source)));
        String digest = digest(List.of(digestOfSources(), text));
        Path folder = complete("kernels-" + digest, to -> buildKernels(source, text, libraries, to));
        return folder.resolve("libkernels.so");
    }

    private void buildLibraries(Path to) throws IOException {
        List<Callable<String>> compilations = new ArrayList<>();
        for (Library library : LIBRARIES) {
            for (String unit : library.units()) {
                compilations.add(() -> compile(sources.resolve(unit + ".cpp"), List.of(), to.resolve(unit + ".o")));
            }
        }
        all(compilations);
        for (Library library : LIBRARIES) {
            List<String> command = new ArrayList<>(List.of(compiler, "-shared", "-o", library.file()));
            command.add("-Wl,-soname," + library.file());
            command.add("-Wl,--no-undefined");
            if (library.versionNode().isPresent()) {
                String script = library.file() + ".map";
                Files.writeString(to.resolve(script), library.versionNode().get() + " { global: *; };\n");
                command.add("-Wl,--version-script," + script);
            }
            library.units().forEach(unit -> command.add(unit + ".o"));
            command.addAll(library.linkedWith());
            run(to, command);
        }
    }

    private void buildKernels(Path source, String text, Path libraries, Path to) throws IOException {
        Path unit = to.resolve("kernels.cpp");
        Files.writeString(unit, unitOf(source, text));
        compile(unit, KERNEL_FLAGS, to.resolve("kernels.o"));
        run(
                to,
                List.of(
                        compiler,
                        "-shared",
                        "-o",
                        "libkernels.so",
                        "kernels.o",
                        absolute(libraries.resolve("libcuda.so.1")),
                        "-Wl,-T," + absolute(sources.resolve("shared.ld")),
                        "-Wl,--no-undefined"));
    }

    /**
     * The kernels with a table of them. They are in an unnamed namespace: shared memory of templates then has one home, and
     * unused ones cost nothing.
     */
    private static String unitOf(Path source, String text) {
        StringBuilder unit = new StringBuilder();
        unit.append("#include \"cuda_shim.h\"\nnamespace {\n#include \"")
                .append(absolute(source))
                .append("\"\n}\n");
        unit.append("#include \"kernel_table.h\"\n");
        int kernels = 0;
        unit.append("static const emulator::Kernel kernels[] = {\n");
        for (Matcher kernel = KERNEL.matcher(text); kernel.find(); kernels++) {
            String name = kernel.group("name");
            String bounds = kernel.group("bounds");
            unit.append("    emulator::entry<&")
                    .append(name)
                    .append(">(\"")
                    .append(name)
                    .append('"');
            if (bounds != null) {
                unit.append(", emulator::first(").append(bounds).append(')');
            }
            unit.append("),\n");
        }
        unit.append("    {}};\nstatic const emulator::Global globals[] = {\n");
        int globals = 0;
        for (Matcher global = GLOBAL.matcher(text); global.find(); globals++) {
            String name = global.group("name");
            unit.append("    {\"%s\", (void*)&%s, sizeof(%s)},\n".formatted(name, name, name));
        }
        unit.append("    {}};\nEMULATOR_LIBRARY(kernels, %d, globals, %d)\n".formatted(kernels, globals));
        return unit.toString();
    }

    private String compile(Path unit, List<String> more, Path object) throws IOException {
        List<String> command = new ArrayList<>(List.of(compiler));
        command.addAll(FLAGS);
        command.addAll(more);
        command.addAll(List.of("-I", absolute(sources), "-c", absolute(unit), "-o", absolute(object)));
        return run(sources, command);
    }

    private String digestOfSources() throws IOException {
        List<String> parts =
                new ArrayList<>(List.of(version, FLAGS.toString(), KERNEL_FLAGS.toString(), LIBRARIES.toString()));
        try (Stream<Path> files = Files.list(sources)) {
            for (Path file : files.sorted().toList()) {
                parts.add(file.getFileName().toString());
                parts.add(Files.readString(file));
            }
        }
        return digest(parts);
    }

    private interface Builder {
        void build(Path to) throws IOException;
    }

    private Path complete(String name, Builder builder) throws IOException {
        Path finished = output.resolve(name);
        if (Files.isDirectory(finished)) {
            return finished;
        }
        Files.createDirectories(output);
        Path temporary = Files.createTempDirectory(output, ".building-");
        try {
            builder.build(temporary);
            move(temporary, finished);
        } finally {
            delete(temporary);
        }
        return finished;
    }

    private static void move(Path temporary, Path finished) throws IOException {
        try {
            Files.move(temporary, finished, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (FileSystemException e) {
            if (!Files.isDirectory(finished)) {
                throw e;
            } // another JVM was first, with the same contents
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void all(List<Callable<String>> tasks) throws IOException {
        int processors = Runtime.getRuntime().availableProcessors();
        try (ExecutorService pool = Executors.newFixedThreadPool(processors)) {
            for (Future<String> task : pool.invokeAll(tasks)) {
                task.get();
            }
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while compiling", e);
        }
    }

    private static String run(Path folder, List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException("This failed: " + String.join(" ", command) + "\n" + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for " + command.getFirst(), e);
        }
        return said;
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private static String digest(List<String> parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
