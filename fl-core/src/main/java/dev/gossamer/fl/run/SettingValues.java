package dev.gossamer.fl.run;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Values for settings, with where each came from. What was not set is at its default. */
final class SettingValues {

    private final List<Setting> settings;
    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, String> sources = new HashMap<>();

    SettingValues(List<Setting> settings) {
        this.settings = settings;
        settings.forEach(setting -> values.put(setting.key(), setting.fallback()));
    }

    /**
     * Sets a key.
     *
     * @param source file or option, for errors
     */
    void set(String key, String text, String source) {
        Setting setting = settings.stream()
                .filter(known -> known.key().equals(key))
                .findFirst()
                .orElseThrow(() -> unknown(key, source));
        sources.put(key, source);
        Object value = parse(setting, text.strip());
        if (value == null) {
            throw refusal(key, text, setting.allowed());
        }
        values.put(key, value);
    }

    /** Whether there is such a setting. */
    boolean has(String key) {
        return values.containsKey(key);
    }

    /** Whether something has been said of a setting. */
    boolean isGiven(String key) {
        return sources.containsKey(key);
    }

    /** Whether it is on the command line that something has been said of it. */
    boolean isOption(String key) {
        return ("--" + key).equals(sources.get(key));
    }

    /** Forgets what has been said of a setting. */
    void reset(String key) {
        sources.remove(key);
        settings.stream()
                .filter(setting -> setting.key().equals(key))
                .forEach(setting -> values.put(key, setting.fallback()));
    }

    /** Gives a setting of which nothing has been said another default. */
    void otherwise(String key, Object fallback) {
        if (!isGiven(key)) {
            values.put(key, fallback);
        }
    }

    private ConfigException unknown(String key, String source) {
        List<String> others = MethodCatalog.methodsWith(key);
        if (!others.isEmpty()) {
            return new ConfigException(source + ": method " + text("method") + " has no setting '" + key + "', only "
                    + String.join(", ", others) + (others.size() == 1 ? " has" : " have") + " it");
        }
        return new ConfigException(source + ": unknown key '" + key + "'. Known: "
                + String.join(", ", settings.stream().map(Setting::key).toList()));
    }

    private static @Nullable Object parse(Setting setting, String text) {
        try {
            return setting.parser().parse(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** The error for a value that fits alone, but not together with others. */
    ConfigException refusal(String key, String allowed) {
        return refusal(key, String.valueOf(values.get(key)), allowed);
    }

    private ConfigException refusal(String key, String text, String allowed) {
        String source = sources.getOrDefault(key, "default");
        return new ConfigException(
                source + ": " + key + " is " + (text.isBlank() ? "empty" : text) + ", but must be " + allowed);
    }

    String text(String key) {
        return (String) value(key);
    }

    long whole(String key) {
        return (Long) value(key);
    }

    int integer(String key) {
        return Math.toIntExact(whole(key));
    }

    double real(String key) {
        return (Double) value(key);
    }

    /** The values of some settings, by key, in their order. */
    Map<String, Object> of(List<Setting> some) {
        Map<String, Object> map = new LinkedHashMap<>();
        some.forEach(setting -> map.put(setting.key(), value(setting.key())));
        return map;
    }

    private Object value(String key) {
        return Objects.requireNonNull(values.get(key), key);
    }
}
