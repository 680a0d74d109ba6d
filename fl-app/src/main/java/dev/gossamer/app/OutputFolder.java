package dev.gossamer.app;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Where a run's directory goes that nobody named a place for. */
final class OutputFolder {

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private OutputFolder() {}

    /**
     * Makes a folder that was not there. Making it is what claims its name: runs that begin in the same second would all find
     * that a name is free, but only one of them makes the folder.
     */
    static Path claim(Path parent, String method) {
        String name = LocalDateTime.now(ZoneId.systemDefault()).format(STAMP) + "-" + method;
        try {
            Files.createDirectories(parent);
            Path folder = parent.resolve(name);
            for (int next = 2; !isMade(folder); next++) {
                folder = parent.resolve(name + "-" + next);
            }
            return folder;
        } catch (IOException e) {
            throw new UsageException(
                    "No run directory can be made in " + parent.toAbsolutePath() + " (" + e
                            + "); give another place with --out",
                    e);
        }
    }

    private static boolean isMade(Path folder) throws IOException {
        try {
            Files.createDirectory(folder);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        }
    }
}
