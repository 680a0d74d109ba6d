package dev.gossamer.cuda.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The folders that Linux's dynamic linker searches when no variable says otherwise: those of {@code /etc/ld.so.conf}, with
 * the files that it includes, then the built-in ones.
 */
final class LinkerFolders {

    private static final List<String> BUILT_IN =
            List.of("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib");

    private final Machine machine;
    private final Set<Path> read = new LinkedHashSet<>();
    private final Set<Path> folders = new LinkedHashSet<>();

    LinkerFolders(Machine machine) {
        this.machine = machine;
    }

    Collection<Path> list() {
        readConfiguration(machine.at("/etc/ld.so.conf"));
        BUILT_IN.forEach(folder -> folders.add(machine.at(folder)));
        return folders;
    }

    private void readConfiguration(Path file) {
        if (!read.add(file)) {
            return; // files may include each other
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return; // not every system has one
        }
        for (String line : lines) {
            String text = line.replaceFirst("#.*", "").strip();
            if (text.startsWith("include")) {
                include(file, text.substring("include".length()).strip());
            } else if (text.startsWith("/")) {
                folders.add(machine.at(text));
            }
        }
    }

    private void include(Path from, String pattern) {
        Path all = pattern.startsWith("/") ? machine.at(pattern) : from.resolveSibling(pattern);
        Path parent = all.getParent();
        if (parent == null || all.getFileName() == null) {
            return;
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + all.getFileName());
        LibrarySearch.children(parent, "*").reversed().stream()
                .filter(file -> matcher.matches(file.getFileName()))
                .forEach(this::readConfiguration);
    }
}
