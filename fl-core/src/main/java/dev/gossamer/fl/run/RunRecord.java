package dev.gossamer.fl.run;

import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What a run has told so far, for whoever reports it. The run may have ended, failed, or still go on.
 *
 * @param config of the run
 * @param machine where and with what it ran, by name; in the order in which the manifest has it
 * @param started when it began; the epoch if the manifest does not say
 * @param denseBytes what a dense model takes in f32; without statistics of batch norms if the manifest is of a release that did
 *     not say
 * @param labels for each of the first clients, how many training samples it has of each class; empty if the manifest does not
 *     say
 * @param rounds that are done
 * @param result null if it has not come to its end
 */
public record RunRecord(
        ExperimentConfig config,
        Map<String, String> machine,
        Instant started,
        long denseBytes,
        List<List<Integer>> labels,
        List<RoundMetrics> rounds,
        @Nullable RunResult result) {

    /** Parts of a manifest that are no machine's, or too long for a table. */
    private static final Set<String> ELSEWHERE = Set.of("seed", "tuning", Manifest.MODEL, Manifest.CLIENTS);

    /**
     * Reads a run directory, and changes nothing. A line that is being written is not a round yet.
     *
     * @throws ConfigException naming the file that is missing or cannot be read
     */
    public static RunRecord of(Path directory) {
        StoredRun.require(directory);
        JsonNode manifest = StoredRun.tree(directory.resolve(RunDirectory.MANIFEST));
        List<RoundMetrics> rounds = rounds(directory.resolve(RunDirectory.METRICS));
        Map<String, String> machine = new LinkedHashMap<>();
        flatten("", manifest, machine);
        return new RunRecord(
                ExperimentConfig.begun(directory.resolve(RunDirectory.CONFIG), Map.of()),
                machine,
                started(manifest),
                manifest.path(Manifest.MODEL).path(Manifest.DENSE_BYTES).asLong(dense(rounds)),
                labels(manifest.path(Manifest.CLIENTS).path(Manifest.LABELS)),
                rounds,
                result(directory.resolve(RunDirectory.RESULT)));
    }

    private static List<RoundMetrics> rounds(Path file) {
        List<RoundMetrics> rounds = new ArrayList<>();
        if (!Files.exists(file)) {
            return rounds;
        }
        String text = text(file);
        int line = 0;
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            line++;
            try {
                rounds.add(Json.parse(text.substring(from, end), RoundMetrics.class));
            } catch (JacksonException e) {
                throw new ConfigException(
                        file + ", line " + line + ": is not a line that a run wrote: " + e.getOriginalMessage(), e);
            }
            from = end + 1;
        }
        return rounds;
    }

    private static @Nullable RunResult result(Path file) {
        if (!Files.exists(file)) {
            return null;
        }
        try {
            return Json.parse(text(file), RunResult.class);
        } catch (JacksonException e) {
            throw new ConfigException(file + ": is not a result that a run wrote: " + e.getOriginalMessage(), e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read (" + FileReason.of(e) + ")", e);
        }
    }

    private static void flatten(String prefix, JsonNode node, Map<String, String> into) {
        node.properties().forEach(entry -> {
            String key = prefix.isEmpty() ? entry.getKey() : prefix + " " + entry.getKey();
            JsonNode value = entry.getValue();
            if (ELSEWHERE.contains(entry.getKey())) {
                return;
            }
            if (value.isObject()) {
                flatten(key, value, into);
            } else {
                into.put(key, value.isString() ? value.asString() : value.toString());
            }
        });
    }

    private static Instant started(JsonNode manifest) {
        try {
            return Instant.parse(manifest.path(Manifest.STARTED).asString(""));
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }

    private static long dense(List<RoundMetrics> rounds) {
        return rounds.isEmpty()
                ? 0
                : Float.BYTES
                        * rounds.getLast().layers().values().stream()
                                .mapToLong(RoundMetrics.LayerSparsity::parameters)
                                .sum();
    }

    private static List<List<Integer>> labels(JsonNode clients) {
        return clients.valueStream()
                .map(counts -> counts.valueStream().map(JsonNode::asInt).toList())
                .toList();
    }
}
