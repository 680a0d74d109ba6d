package dev.gossamer.engine;

import java.util.Map;
import java.util.TreeMap;

/**
 * Measured constants that choose among kernels: blocks, densities, sizes. A choice is a pure function of shape, pattern and
 * this table, never of a timing inside a run or of the thread count, so that a run with a stored table gives the same bits.
 *
 * @param entries name to number, sorted by name
 */
public record TuningTable(Map<String, Double> entries) {

    public static final TuningTable EMPTY = new TuningTable(Map.of());

    public TuningTable {
        entries = java.util.Collections.unmodifiableMap(new TreeMap<>(entries));
    }

    public double get(String name) {
        Double value = entries.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "The tuning table has no entry '" + name + "'; it has " + entries.keySet());
        }
        return value;
    }

    /** This table with the other's entries in place of its own. An entry that this table does not know is refused. */
    public TuningTable overriddenBy(TuningTable other) {
        for (String name : other.entries.keySet()) {
            if (!entries.containsKey(name)) {
                throw new IllegalArgumentException(
                        "Unknown tuning entry '" + name + "'; known are " + entries.keySet());
            }
        }
        Map<String, Double> merged = new TreeMap<>(entries);
        merged.putAll(other.entries);
        return new TuningTable(merged);
    }
}
