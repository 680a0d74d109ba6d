package dev.gossamer.app;

import dev.gossamer.fl.run.Setting;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The settings of an experiment that can be given on the command line, by the keys that experiment files use. They stay text
 * here: what a value may be is decided in one place for both, where the configuration is resolved.
 */
final class ExperimentOptions {

    private final Map<String, String> given = new LinkedHashMap<>();

    /** Key to text, only what was given. */
    Map<String, String> given() {
        return given;
    }

    /** Options for settings, to be mixed into a command. */
    CommandSpec spec(List<Setting> settings) {
        CommandSpec spec = CommandSpec.create();
        settings.forEach(setting -> spec.addOption(option(setting)));
        return spec;
    }

    /** {@code --set KEY=VALUE}, which sets any of them, as scripts like it. */
    CommandSpec set() {
        return CommandSpec.create()
                .addOption(OptionSpec.builder("--set")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .converters(Converters::pair)
                        .arity("1")
                        .paramLabel("KEY=VALUE")
                        .description("Sets a key of the experiment, as --KEY VALUE does; may be given several times.")
                        .setter(new ISetter() {
                            @Override
                            public <T> T set(T value) {
                                if (value instanceof List<?> pairs) {
                                    pairs.forEach(pair -> putPair(String.valueOf(pair)));
                                }
                                return value;
                            }
                        })
                        .build());
    }

    private void putPair(String pair) {
        int equals = pair.indexOf('=');
        given.put(pair.substring(0, equals).strip(), pair.substring(equals + 1));
    }

    private OptionSpec option(Setting setting) {
        OptionSpec.Builder option = OptionSpec.builder("--" + setting.key())
                .type(String.class)
                .paramLabel(setting.label())
                .description(text(setting))
                .setter(new ISetter() {
                    @Override
                    public <T> T set(T value) {
                        put(setting.key(), value);
                        return value;
                    }
                });
        if (!setting.choices().isEmpty()) {
            // The script that completes values tells options apart by these labels alone.
            option.paramLabel(setting.key().toUpperCase(Locale.ROOT)).completionCandidates(setting.choices());
        }
        return option.build();
    }

    /** What a setting is for, what it may be, and what it is if nothing is said. */
    static String text(Setting setting) {
        String allowed = setting.allowed().equals("text") ? "" : " " + capitalised(setting.allowed()) + ".";
        return setting.description() + allowed + " Default: " + setting.fallback() + ".";
    }

    private static String capitalised(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    /** The parser sets every option to null first. */
    private void put(String key, @Nullable Object value) {
        if (value != null) {
            given.put(key, value.toString());
        }
    }
}
