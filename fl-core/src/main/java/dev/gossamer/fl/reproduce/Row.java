package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.run.ExperimentConfig;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A row of a table: an experiment under several seeds.
 *
 * @param settings all settings that count, by key, but the seed
 * @param cells a configuration for each seed
 */
record Row(Map<String, Object> settings, List<ExperimentConfig> cells) {

    /** The text of a setting; empty if the method has no such setting. */
    String text(String key) {
        return Objects.toString(settings.get(key), "");
    }

    /** Whether every setting of a condition has its value. */
    boolean matches(Map<String, Object> condition) {
        return condition.entrySet().stream()
                .allMatch(entry -> same(text(entry.getKey()), String.valueOf(entry.getValue())));
    }

    /** 0.90 and 0.9 are one value. */
    static boolean same(String a, String b) {
        if (a.equals(b)) {
            return true;
        }
        try {
            return Double.compare(Double.parseDouble(a), Double.parseDouble(b)) == 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
