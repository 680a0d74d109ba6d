package dev.gossamer.fl.run;

import dev.gossamer.engine.TuningTable;
import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a run directory says about its run: enough to run it again, or to go on.
 *
 * @param backend the name of the one that it runs on
 * @param device what that called its device
 * @param tuning the backend's table, all entries
 * @param complete whether it came to its end
 */
public record StoredRun(ExperimentConfig config, String backend, String device, TuningTable tuning, boolean complete) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * Reads a run directory.
     *
     * @throws ConfigException naming the file that is missing or cannot be read
     */
    public static StoredRun of(Path directory) {
        require(directory);
        Path file = directory.resolve(RunDirectory.MANIFEST);
        Path config = directory.resolve(RunDirectory.CONFIG);
        JsonNode backend = tree(file).path("backend");
        Map<String, Double> tuning = new HashMap<>();
        backend.path("tuning").properties().forEach(entry -> {
            if (!entry.getValue().isNumber()) {
                throw damaged(file, "entry '" + entry.getKey() + "' of its tuning table is no number");
            }
            tuning.put(entry.getKey(), entry.getValue().asDouble());
        });
        if (!backend.path("name").isString()) {
            throw damaged(file, "it names no backend");
        }
        StoredRun run = new StoredRun(
                ExperimentConfig.begun(config, Map.of()),
                backend.path("name").asString(),
                backend.path("device").asString(""),
                new TuningTable(tuning),
                Files.isRegularFile(directory.resolve(RunDirectory.RESULT)));
        run.requireInit(directory);
        return run;
    }

    /** Drawn weights in place of those that it began with would make it another run. */
    private void requireInit(Path directory) {
        if (!complete && !config.init().equals(ExperimentConfig.DRAWN) && init(directory) == null) {
            throw new ConfigException(directory + " has no " + RunDirectory.INIT
                    + ", with which its run began: put a copy of " + config.init()
                    + " there under that name, or begin anew with `gossamer train --overwrite`");
        }
    }

    /** The file with what the run began with, or null if that was drawn. */
    public static @Nullable Path init(Path directory) {
        Path file = directory.resolve(RunDirectory.INIT);
        return Files.isRegularFile(file) ? file : null;
    }

    /**
     * Asks for a run in a directory.
     *
     * @throws ConfigException if there is none that got so far as to be looked at or gone on with
     */
    static void require(Path directory) {
        if (!Files.isRegularFile(directory.resolve(RunDirectory.MANIFEST))
                || !Files.isRegularFile(directory.resolve(RunDirectory.CONFIG))) {
            String missing = Files.isDirectory(directory)
                    ? "there is no " + RunDirectory.CONFIG + " and " + RunDirectory.MANIFEST + " in it"
                    : Files.exists(directory) ? "it is a file" : "there is no such folder";
            throw new ConfigException(directory + " holds no run: " + missing
                    + ". Give the run directory of an earlier `gossamer train`");
        }
    }

    /** The manifest as a map, to add to it. */
    static Map<String, Object> manifest(Path directory) {
        Path file = directory.resolve(RunDirectory.MANIFEST);
        Map<String, Object> map = new LinkedHashMap<>();
        tree(file).properties().forEach(entry -> map.put(entry.getKey(), entry.getValue()));
        return map;
    }

    /** When the run began whose manifest has these bytes, which tells it from all others; empty if they are none. */
    public static String started(byte[] manifest) {
        JsonNode root = ours(manifest);
        return root == null ? "" : root.path(Manifest.STARTED).asString("");
    }

    /** Whether a directory has a run that got so far as to be gone on with. */
    public static boolean isIn(Path directory) {
        return Files.isRegularFile(directory.resolve(RunDirectory.CONFIG)) && hasManifest(directory);
    }

    /** Whether a directory has a manifest that a run wrote: other programs have files of that name too. */
    public static boolean hasManifest(Path directory) {
        Path file = directory.resolve(RunDirectory.MANIFEST);
        try {
            return Files.isRegularFile(file) && ours(Files.readAllBytes(file)) != null;
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + FileReason.of(e), e);
        }
    }

    /** The content of a manifest that a run wrote; null if these bytes are none. */
    private static @Nullable JsonNode ours(byte[] manifest) {
        try {
            JsonNode root = JSON.readTree(manifest);
            return root.has(Manifest.RELEASE) ? root : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    /** The content of a manifest. */
    static JsonNode tree(Path file) {
        try {
            JsonNode root = JSON.readTree(file);
            if (!root.isObject()) {
                throw damaged(file, "it is no object");
            }
            return root;
        } catch (JacksonException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    private static ConfigException damaged(Path file, String what) {
        return new ConfigException(file + ": is not a manifest that a run wrote: " + what);
    }
}
