package dev.gossamer.app;

import dev.gossamer.fl.run.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a command's file goes. */
final class OutputFile {

    private OutputFile() {}

    /**
     * Refuses what no file can be written to, before work is done for it: a folder, a file in a folder that takes none, and the
     * files that a run directory consists of.
     */
    static void check(Path out) {
        Path folder = out.toAbsolutePath().getParent();
        if (Files.isDirectory(out) || folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new UsageException(
                    "--out is " + out + ", but must be a file in a folder that exists and can be written");
        }
        if (RunDirectory.owns(out)) {
            throw new UsageException("--out is " + out + ", which the run in " + folder
                    + " cannot do without; give a file of another name");
        }
    }
}
