package dev.gossamer.engine;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
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
        entries.forEach((name, value) -> {
            if (value.isNaN()) {
                throw new IllegalArgumentException("tuning entry " + name + " must be a number, got NaN");
            }
        });
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

    /**
     * An entry that has bounds.
     *
     * @throws IllegalArgumentException if the number is beyond them; names the entry
     */
    public double between(String name, double least, double most) {
        double value = get(name);
        if (value < least || value > most) {
            throw new IllegalArgumentException("tuning entry " + name + " must be "
                    + (most == Double.POSITIVE_INFINITY
                            ? "at least " + plain(least)
                            : "between " + plain(least) + " and " + plain(most))
                    + ", got " + plain(value));
        }
        return value;
    }

    /**
     * An entry that stands for one of some things.
     *
     * @param allowed ascending
     * @throws IllegalArgumentException if the number is none of them; names the entry
     */
    public int oneOf(String name, int... allowed) {
        double value = get(name);
        for (int each : allowed) {
            if (value == each) {
                return each;
            }
        }
        throw new IllegalArgumentException(
                "tuning entry " + name + " must be one of " + Arrays.toString(allowed) + ", got " + plain(value));
    }

    /** Whole numbers as people write them. */
    private static String plain(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString((long) number)
                : Double.toString(number);
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

    /**
     * Reads a table that {@link #store} wrote, or one written by hand: lines of {@code name=value}, {@code #} before comments.
     *
     * @throws IllegalArgumentException a line is no entry; names the file, the entry and the value
     */
    public static TuningTable load(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            properties.load(in);
        }
        Map<String, Double> entries = new TreeMap<>();
        for (String name : properties.stringPropertyNames()) {
            String value = properties.getProperty(name);
            try {
                entries.put(name, Double.valueOf(value.strip()));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "The tuning table " + file + " has '" + value + "' for " + name + "; it takes a number", e);
            }
        }
        return new TuningTable(entries);
    }

    /**
     * Writes the table, replacing the file.
     *
     * @param comment a line for people: where and how it was measured
     */
    public void store(Path file, String comment) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# " + comment);
        entries.forEach((name, value) -> lines.add(name + "=" + value));
        Files.write(file, lines);
    }
}
