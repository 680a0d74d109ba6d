package dev.gossamer.cuda.load;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;

/**
 * A new folder that only this JVM knows and only this user may enter, for libraries on their way into the JVM. JCuda by
 * itself unpacks to a fixed name in the shared folder for temporary files and loads whatever lies there: two JVMs that
 * start together would race for it, and any user of the machine could put a library in its place.
 */
final class PrivateFolder implements AutoCloseable {

    private static final String PREFIX = "gossamer-cuda-";

    /** Long after any JVM has loaded what it unpacked. */
    private static final Duration LEFT_OVER = Duration.ofDays(1);

    private final Path path;

    private PrivateFolder(Path path) {
        this.path = path;
    }

    /** A new folder in {@code parent}; old ones that a killed JVM, or Windows, left there are deleted. */
    static PrivateFolder in(Path parent) throws IOException {
        deleteLeftOvers(parent, Instant.now().minus(LEFT_OVER));
        return new PrivateFolder(Files.createTempDirectory(parent, PREFIX)); // for its owner alone, says its contract
    }

    Path path() {
        return path;
    }

    /** Writes a file; nobody finds it under its name before it is whole. */
    Path write(String name, byte[] content) throws IOException {
        Path part = path.resolve(name + ".part");
        Files.write(part, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return Files.move(part, path.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Deletes it with its files. Linux keeps libraries that are loaded; Windows refuses, and the next start retries. */
    @Override
    public void close() {
        delete(path);
    }

    private static void deleteLeftOvers(Path parent, Instant before) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path folder : folders) {
                if (isOlder(folder, before)) {
                    delete(folder);
                }
            }
        }
    }

    private static boolean isOlder(Path folder, Instant instant) {
        try {
            return Files.getLastModifiedTime(folder).compareTo(FileTime.from(instant)) < 0;
        } catch (IOException e) {
            return false; // gone meanwhile
        }
    }

    private static void delete(Path folder) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // in use on Windows, or another user's: it harms nobody where it is
        }
    }
}
