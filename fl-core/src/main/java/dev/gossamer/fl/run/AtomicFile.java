package dev.gossamer.fl.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes files that are there completely or not at all, whenever the process or the machine stops. */
public final class AtomicFile {

    private static final Pattern TEMPORARY = Pattern.compile("\\.(.+)\\.\\d+\\.tmp");

    private AtomicFile() {}

    /** What is written. */
    @FunctionalInterface
    public interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    /**
     * Creates or replaces a file: writes to a temporary file beside it, forces that to the disk and renames it.
     *
     * @throws IOException if any of that fails; a file that was there before is then unchanged
     */
    public static void write(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        Path temporary = target.resolveSibling(
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            rename(temporary, target);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        forceDirectory(target);
    }

    /** The name of the file that a temporary one of {@link #write} was to become; null if it is none. */
    static @Nullable String target(String temporary) {
        Matcher name = TEMPORARY.matcher(temporary);
        return name.matches() ? name.group(1) : null;
    }

    /** Deletes files from a folder, and the folder if nothing else is in it. */
    static void deleteFrom(Path folder, Predicate<Path> those) throws IOException {
        boolean empty = true;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                boolean goes = those.test(file);
                empty &= goes;
                if (goes) {
                    Files.delete(file);
                }
            }
        }
        if (empty) {
            Files.delete(folder);
        }
    }

    /** Creates a folder, with those above it that are missing, so that it is still there when the machine stops. */
    static void createFolder(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath();
        Path there = absolute;
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        Files.createDirectories(absolute);
        for (Path made = absolute; made != null && !made.equals(there); made = made.getParent()) {
            forceDirectory(made);
        }
    }

    private static void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            // Some network file systems: the content is on the disk already, only the exchange may be seen half done.
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Makes a file's name in its directory last. Systems that cannot open a directory do this on their own. */
    private static void forceDirectory(Path file) {
        Path directory = file.getParent();
        if (directory == null) {
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            System.getLogger(AtomicFile.class.getName())
                    .log(System.Logger.Level.DEBUG, () -> "Cannot force directory " + directory, e);
        }
    }
}
