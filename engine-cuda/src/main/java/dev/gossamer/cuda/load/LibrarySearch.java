package dev.gossamer.cuda.load;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where CUDA's libraries may be, best first. Folders that are named with the property or variable of Gossamer are the only
 * ones, so that what is asked for is used or refused; otherwise: the toolkit that the environment names, LD_LIBRARY_PATH,
 * the folders of the dynamic linker, the usual folders, and the wheels of Python. Nothing is loaded here.
 */
final class LibrarySearch {

    /** Property that names the folders, separated as a path list. */
    static final String PROPERTY = "gossamer.cuda.libraries";

    /** Environment variable that does the same; the property wins. */
    static final String VARIABLE = "GOSSAMER_CUDA_LIBRARIES";

    /** Folders of a toolkit, below its own. */
    private static final List<String> IN_TOOLKIT = List.of("lib64", "targets/x86_64-linux/lib", "lib");

    private static final List<String> IN_WINDOWS_TOOLKIT = List.of("bin/x64", "bin");

    private final Machine machine;
    private final Supplier<List<Path>> python;
    private @Nullable List<SearchFolder> known;
    private @Nullable List<SearchFolder> lastResort;

    /**
     * A search.
     *
     * @param python asks an interpreter for the folders of its wheels; called once at most, when all else has nothing
     */
    LibrarySearch(Machine machine, Supplier<List<Path>> python) {
        this.machine = machine;
        this.python = python;
    }

    /** The first folder that holds the file; empty when none does. */
    Optional<SearchFolder> find(String file) {
        return folders()
                .filter(folder -> Files.isRegularFile(folder.path().resolve(file)))
                .findFirst();
    }

    /** Every folder, best first. The interpreter is asked when the stream gets there. */
    Stream<SearchFolder> folders() {
        return Stream.<Supplier<List<SearchFolder>>>of(this::known, this::lastResort)
                .flatMap(part -> part.get().stream());
    }

    /** What was searched, for people. */
    String describe() {
        if (named().isEmpty()) {
            return "the " + folders().count() + " folders searched";
        }
        return known().stream()
                .map(folder -> folder.path() + (Files.isDirectory(folder.path()) ? "" : " (no such folder)"))
                .collect(Collectors.joining(", ", "", " (" + origin() + ")"));
    }

    /** Folders that Gossamer's own property or variable names, whether they exist or not. */
    List<SearchFolder> named() {
        String list = machine.property(PROPERTY);
        return folders(list.isEmpty() ? machine.variable(VARIABLE) : list, origin());
    }

    /** Folders that the dynamic linker searches by itself. */
    List<SearchFolder> linkers() {
        List<SearchFolder> folders = new ArrayList<>();
        if (machine.windows()) {
            folders.addAll(folders(machine.variable("PATH"), "PATH"));
            path(machine.variable("SystemRoot"))
                    .ifPresent(path -> folders.add(new SearchFolder(path.resolve("System32"), "Windows")));
        } else {
            folders.addAll(folders(machine.variable("LD_LIBRARY_PATH"), "LD_LIBRARY_PATH"));
            new LinkerFolders(machine)
                    .list()
                    .forEach(path -> folders.add(new SearchFolder(path, "the linker's folders")));
        }
        return folders;
    }

    private String origin() {
        return machine.property(PROPERTY).isEmpty() ? "variable " + VARIABLE : "system property " + PROPERTY;
    }

    private List<SearchFolder> known() {
        if (known == null) {
            List<SearchFolder> named = named();
            known = named.isEmpty() ? usual() : named;
        }
        return known;
    }

    private List<SearchFolder> lastResort() {
        if (lastResort == null) {
            lastResort = named().isEmpty()
                    ? python.get().stream()
                            .flatMap(PythonWheels::folders)
                            .map(path -> new SearchFolder(path, "Python's wheels"))
                            .toList()
                    : List.of();
        }
        return lastResort;
    }

    private List<SearchFolder> usual() {
        List<SearchFolder> folders = new ArrayList<>();
        for (String variable : List.of("CUDA_PATH", "CUDA_HOME")) {
            path(machine.variable(variable)).ifPresent(path -> addToolkit(folders, path, variable));
        }
        folders.addAll(linkers());
        toolkits().forEach(path -> addToolkit(folders, path, "the usual folders"));
        path(machine.variable("CONDA_PREFIX")).ifPresent(path -> addToolkit(folders, path, "CONDA_PREFIX"));
        new PythonWheels(machine).list().forEach(path -> folders.add(new SearchFolder(path, "Python's wheels")));
        List<Path> seen = new ArrayList<>();
        folders.removeIf(folder -> {
            boolean again = seen.contains(folder.path()) || !Files.isDirectory(folder.path());
            seen.add(folder.path());
            return again;
        });
        return List.copyOf(folders);
    }

    private void addToolkit(List<SearchFolder> folders, Path toolkit, String origin) {
        for (String below : machine.windows() ? IN_WINDOWS_TOOLKIT : IN_TOOLKIT) {
            folders.add(new SearchFolder(toolkit.resolve(below), origin));
        }
    }

    /** Toolkits where their installers put them, the newest first. */
    private List<Path> toolkits() {
        if (machine.windows()) {
            return path(machine.variable("ProgramFiles"))
                    .map(path -> children(path.resolve("NVIDIA GPU Computing Toolkit/CUDA"), "v1*"))
                    .orElse(List.of());
        }
        List<Path> toolkits = new ArrayList<>();
        toolkits.add(machine.at("/usr/local/cuda"));
        toolkits.addAll(children(machine.at("/usr/local"), "cuda-*"));
        toolkits.add(machine.at("/opt/cuda"));
        return toolkits;
    }

    private List<SearchFolder> folders(String list, String origin) {
        return Arrays.stream(list.split(File.pathSeparator, -1))
                .flatMap(part -> path(part).stream())
                .map(path -> new SearchFolder(path, origin))
                .toList();
    }

    /** The folders in {@code parent} that match, the last name first. */
    static List<Path> children(Path parent, String pattern) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent, pattern)) {
            stream.forEach(found::add);
        } catch (IOException | DirectoryIteratorException e) {
            return List.of(); // not there, or not for this user
        }
        found.sort(Comparator.<Path>naturalOrder().reversed());
        return found;
    }

    static Optional<Path> path(String text) {
        try {
            return text.isBlank() ? Optional.empty() : Optional.of(Path.of(text.strip()));
        } catch (InvalidPathException e) {
            return Optional.empty(); // users' variables hold anything; a folder with such a name does not exist here
        }
    }
}
