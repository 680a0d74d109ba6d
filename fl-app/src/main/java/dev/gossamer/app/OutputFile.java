package dev.gossamer.app;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where a command's file goes. */
final class OutputFile {

    private OutputFile() {}

    /** Refuses what no file can be written to, before work is done for it: a folder, or a file in a folder that takes none. */
    static void check(Path out) {
        Path folder = out.toAbsolutePath().getParent();
        if (Files.isDirectory(out) || folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new UsageException(
                    "--out is " + out + ", but must be a file in a folder that exists and can be written");
        }
    }
}
