package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.Setting;
import dev.gossamer.fl.run.Sha256;
import dev.gossamer.fl.run.StoredRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cells as run directories, one for each configuration and backend: tables that have a cell in common share it, and one that
 * was interrupted finds what is done.
 *
 * @param folder parent of the run directories
 */
public record CellStore(Path folder) {

    private static final int HASH_BYTES = 4;

    /** How far a cell is. */
    enum State {
        ABSENT,
        BEGUN,
        COMPLETE
    }

    /** The run directory of a cell. The name does not depend on settings that are at their default, so that new ones may come. */
    Path directory(ExperimentConfig config) {
        StringBuilder name = new StringBuilder(config.method()).append('-').append(config.dataset());
        if (config.options().has("sparsity")) {
            name.append('-').append(config.options().real("sparsity"));
        }
        return folder.resolve(name.append('-')
                .append(config.seed())
                .append('-')
                .append(hash(config))
                .toString());
    }

    private static String hash(ExperimentConfig config) {
        Map<String, Object> given = new LinkedHashMap<>(config.toMap());
        for (Setting setting : ExperimentConfig.settings(config.method())) {
            if (String.valueOf(setting.fallback()).equals(String.valueOf(given.get(setting.key())))) {
                given.remove(setting.key());
            }
        }
        return HexFormat.of().formatHex(Sha256.of(given.toString()), 0, HASH_BYTES);
    }

    /**
     * How far a cell is.
     *
     * @throws ConfigException if its directory has something else
     */
    State state(ExperimentConfig config) {
        Path directory = directory(config);
        if (!Files.exists(directory) || RunDirectory.isBarelyBegun(directory)) {
            return State.ABSENT;
        }
        StoredRun stored = StoredRun.of(directory);
        if (!stored.config().equals(config)) {
            throw new ConfigException(directory + " has another experiment than this cell's; move it away");
        }
        return stored.complete() ? State.COMPLETE : State.BEGUN;
    }

    /** What a cell came to; null if it is not done. */
    @Nullable
    CellResult result(ExperimentConfig config) {
        return state(config) == State.COMPLETE ? CellResult.of(directory(config)) : null;
    }
}
