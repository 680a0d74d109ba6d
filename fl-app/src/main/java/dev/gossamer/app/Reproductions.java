package dev.gossamer.app;

import dev.gossamer.fl.reproduce.Reproduction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The tables and figures that come with Gossamer: files of experiments/reproduce, which are in the jar. */
final class Reproductions {

    /** Their names, by paper. */
    static final List<String> NAMES = List.of(
            "fedsparsify-table1",
            "fedsparsify-table2",
            "fedsparsify-figure2",
            "fedsparsify-figure3",
            "fedsparsify-figure4",
            "fedsparsify-figure8",
            "fedsparsify-figure9",
            "fedsparsify-figure12",
            "zerofl",
            "sparsefedpp-figure1",
            "sparsefedpp-communication",
            "powerprop-mnist");

    private Reproductions() {}

    /**
     * The one with a name, or of a file.
     *
     * @param seeds in place of its own, if there are any
     * @throws UsageException if there is none
     * @throws dev.gossamer.fl.run.ConfigException if the file is wrong, or has no such scale
     */
    static Reproduction find(String name, String scale, List<Long> seeds) {
        if (NAMES.contains(name)) {
            return Reproduction.parse(name, text(name), name, scale, seeds);
        }
        Path file = Path.of(name);
        if (!Files.isRegularFile(file)) {
            throw new UsageException("There is nothing to reproduce of the name '" + name
                    + "', and no such file. Known: " + String.join(", ", NAMES));
        }
        return Reproduction.read(file, scale, seeds);
    }

    private static String text(String name) {
        String resource = "/reproduce/" + name + ".yaml";
        try (InputStream stream = Reproductions.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IllegalStateException(resource + " is missing in the jar");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
    }
}
