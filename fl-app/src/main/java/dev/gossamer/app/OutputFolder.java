package dev.gossamer.app;

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

    /** A folder that is not there yet. */
    static Path fresh(Path parent, String method) {
        String name = LocalDateTime.now(ZoneId.systemDefault()).format(STAMP) + "-" + method;
        Path folder = parent.resolve(name);
        for (int next = 2; Files.exists(folder); next++) {
            folder = parent.resolve(name + "-" + next);
        }
        return folder;
    }
}
