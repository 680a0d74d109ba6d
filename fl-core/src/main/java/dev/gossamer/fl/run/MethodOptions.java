package dev.gossamer.fl.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A method's own settings, by key, in the order in which the method names them. */
public final class MethodOptions {

    private final Map<String, Object> values;

    MethodOptions(Map<String, Object> values) {
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Whether the method has such a setting. */
    public boolean has(String key) {
        return values.containsKey(key);
    }

    public String text(String key) {
        return (String) value(key);
    }

    public int integer(String key) {
        return Math.toIntExact((Long) value(key));
    }

    public double real(String key) {
        return (Double) value(key);
    }

    private Object value(String key) {
        return Objects.requireNonNull(values.get(key), key);
    }

    /** Everything, by key. */
    public Map<String, Object> toMap() {
        return values;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof MethodOptions other && values.equals(other.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
