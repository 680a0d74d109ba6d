package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.ExperimentConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Groups of settings, multiplied out. */
final class Grid {

    private static final String SEED = "seed";

    private Grid() {}

    /**
     * The rows of a table.
     *
     * @param common settings of all
     * @param groups settings of groups; lists of values are multiplied out
     * @param across lists of values that every group is crossed with; a group's own value goes first
     * @param origin for errors
     * @throws ConfigException naming the group, if its settings make no experiment
     */
    static List<Row> rows(
            Map<String, Object> common,
            List<Map<String, Object>> groups,
            Map<String, List<Object>> across,
            List<Long> seeds,
            String origin) {
        if (groups.isEmpty() || seeds.isEmpty()) {
            throw new ConfigException(origin + ": has no " + (groups.isEmpty() ? "cells" : "seeds"));
        }
        Set<Row> rows = new LinkedHashSet<>();
        for (Map<String, Object> group : groups) {
            Map<String, Object> all = new LinkedHashMap<>(common);
            all.putAll(across);
            all.putAll(group);
            for (Map<String, String> settings : combinations(all)) {
                rows.add(row(settings, seeds, origin));
            }
        }
        return List.copyOf(rows);
    }

    private static Row row(Map<String, String> settings, List<Long> seeds, String origin) {
        List<ExperimentConfig> cells = new ArrayList<>();
        try {
            for (long seed : seeds) {
                Map<String, String> seeded = new LinkedHashMap<>(settings);
                seeded.put(SEED, Long.toString(seed));
                cells.add(ExperimentConfig.resolve(null, seeded));
            }
        } catch (ConfigException e) {
            throw new ConfigException(origin + ", cells with " + settings + ": " + e.getMessage(), e);
        }
        Map<String, Object> shown = cells.getFirst().toMap();
        shown.remove(SEED);
        return new Row(shown, cells);
    }

    /** Every choice of one value for each key; the last key changes fastest. */
    private static List<Map<String, String>> combinations(Map<String, Object> settings) {
        List<Map<String, String>> all = List.of(Map.of());
        for (Map.Entry<String, Object> setting : settings.entrySet()) {
            List<?> values = setting.getValue() instanceof List<?> list ? list : List.of(setting.getValue());
            List<Map<String, String>> longer = new ArrayList<>();
            for (Map<String, String> begun : all) {
                for (Object value : values) {
                    Map<String, String> one = new LinkedHashMap<>(begun);
                    one.put(setting.getKey(), String.valueOf(value));
                    longer.add(one);
                }
            }
            all = longer;
        }
        return all;
    }
}
