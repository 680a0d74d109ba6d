package dev.gossamer.fl.run;

import dev.gossamer.fl.method.Cohort;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which clients fail, and what a round makes of it.
 *
 * @param dropout probability that a client does not answer, each time it is asked
 * @param deadline seconds that a client may take; 0 for as long as it likes
 * @param quorum of a round
 * @param injected how many clients of each round fail in which way
 */
record ClientFaults(double dropout, double deadline, Cohort.Quorum quorum, Map<Kind, Integer> injected) {

    /** How a client can be made to fail. */
    enum Kind {
        /** Its work throws. */
        THROW,
        /** It is too slow for any deadline. */
        SLOW,
        /** A value of its model is NaN. */
        NAN,
        /** It sends the model of another architecture. */
        SHAPE,
        /** It sends what belongs to the round before. */
        ROUND,
        /** A byte of its message changes on the way. */
        CORRUPT;

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** No injected faults, as a setting. */
    static final String NONE = "none";

    static final String ALLOWED = "none, or kinds of faults with a number of clients, as nan:1,corrupt:2; kinds are "
            + Arrays.stream(Kind.values()).map(Kind::key).collect(Collectors.joining(", "));

    ClientFaults {
        injected = Collections.unmodifiableMap(new TreeMap<>(injected));
    }

    /** Whether anything happens to clients. */
    boolean any() {
        return dropout > 0 || deadline > 0 || !injected.isEmpty();
    }

    /** How many clients of a round fail by injection. */
    long injectedClients() {
        return injected.values().stream().mapToLong(Integer::longValue).sum();
    }

    /** Reads {@code nan:1,corrupt:2}; null if that is not what it is. */
    static @Nullable Map<Kind, Integer> parse(String text) {
        Map<Kind, Integer> parsed = new TreeMap<>();
        if (text.equals(NONE)) {
            return parsed;
        }
        for (String part : text.split(",", -1)) {
            int colon = part.indexOf(':');
            Kind kind = kind(part.substring(0, Math.max(colon, 0)).strip());
            int clients = Integer.parseInt(part.substring(colon + 1).strip());
            if (kind == null || clients < 1 || parsed.put(kind, clients) != null) {
                return null;
            }
        }
        return parsed;
    }

    private static @Nullable Kind kind(String key) {
        for (Kind kind : Kind.values()) {
            if (kind.key().equals(key)) {
                return kind;
            }
        }
        return null;
    }

    /** The settings that are not at their defaults. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        put(map, "dropout", dropout, 0.0);
        put(map, "deadline", deadline, 0.0);
        put(map, "minResults", quorum.least(), Cohort.Quorum.ANY.least());
        put(map, "retries", quorum.retries(), Cohort.Quorum.ANY.retries());
        put(map, "faults", text(), NONE);
        return map;
    }

    private static void put(Map<String, Object> map, String key, Object value, Object fallback) {
        if (!Objects.equals(value, fallback)) {
            map.put(key, value);
        }
    }

    private String text() {
        return injected.isEmpty()
                ? NONE
                : injected.entrySet().stream()
                        .map(fault -> fault.getKey().key() + ":" + fault.getValue())
                        .collect(Collectors.joining(","));
    }
}
