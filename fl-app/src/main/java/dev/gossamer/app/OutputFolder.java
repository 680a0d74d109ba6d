package dev.gossamer.app;

import dev.gossamer.fl.run.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Where a run's directory goes, and which folders may be given up for it. */
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

    /**
     * Refuses a folder that a run must not write to; touches nothing. Overwriting is for runs: a folder that has other things
     * in it, and no run, may hold files of the same names that are somebody's work.
     *
     * @throws UsageException if it is to be overwritten, but has no run in it
     * @throws dev.gossamer.fl.run.ConfigException if it is a file, or not empty and not to be overwritten
     */
    static void check(Path folder, boolean overwrite) {
        RunDirectory.check(folder, overwrite);
        if (overwrite && Files.exists(folder) && !isRun(folder) && !RunDirectory.isBarelyBegun(folder)) {
            throw new UsageException("--overwrite: " + folder + " is not empty and is not a run of Gossamer (no "
                    + RunDirectory.CONFIG + " and " + RunDirectory.MANIFEST + " that a run wrote), so it is left alone."
                    + " Give another folder with --out, or empty this one yourself.");
        }
    }

    private static boolean isRun(Path folder) {
        Path manifest = folder.resolve(RunDirectory.MANIFEST);
        if (!Files.isRegularFile(folder.resolve(RunDirectory.CONFIG)) || !Files.isRegularFile(manifest)) {
            return false;
        }
        try {
            return JsonMapper.builder().build().readTree(manifest.toFile()).has("gossamer");
        } catch (JacksonException e) {
            return false;
        }
    }
}
