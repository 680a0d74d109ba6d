package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.run.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A reproduction as its file has it.
 *
 * @param title one line
 * @param source the publication, with the table or figure
 * @param about what is compared, and what to know when reading the result
 * @param settings of every cell: keys and values of experiment files
 * @param cells settings of groups of cells; a list of values makes a cell of each, several lists a cell of each combination
 * @param across lists of values that all groups are crossed with
 * @param seeds of every cell
 * @param columns measures of the table, by the keys of {@link Measure}
 * @param figures what is drawn
 * @param published figures of the publication: settings that say which rows they belong to, and values by measure
 * @param prune parts of each layer's weights that are kept when the final models are pruned and tested again, or none
 * @param scales by name, what is different in each
 */
record ReproductionFile(
        String title,
        String source,
        @Nullable String about,
        @Nullable Map<String, Object> settings,
        @Nullable List<Map<String, Object>> cells,
        @Nullable Map<String, List<Object>> across,
        @Nullable List<Long> seeds,
        List<String> columns,
        @Nullable List<FigureSpec> figures,
        @Nullable List<Map<String, Object>> published,
        @Nullable List<Double> prune,
        Map<String, Scale> scales) {

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /**
     * One size of an experiment: the paper's, or one that a smaller machine can run.
     *
     * @param about what is different from the paper
     * @param time how long it takes, and on what
     * @param settings go before those of all scales
     * @param cells in place of those of all scales
     * @param across in place of those of all scales
     * @param seeds in place of those of all scales
     */
    record Scale(
            String about,
            String time,
            @Nullable Map<String, Object> settings,
            @Nullable List<Map<String, Object>> cells,
            @Nullable Map<String, List<Object>> across,
            @Nullable List<Long> seeds) {}

    /**
     * Reads a file.
     *
     * @param origin the file's name, for errors
     * @throws ConfigException naming the place and what is wrong
     */
    static ReproductionFile parse(String text, String origin) {
        ReproductionFile file;
        try {
            file = YAML.readValue(text, ReproductionFile.class);
        } catch (JacksonException e) {
            String line = e.getLocation() == null || e.getLocation().getLineNr() < 1
                    ? ""
                    : ", line " + e.getLocation().getLineNr();
            throw new ConfigException(origin + line + ": " + reason(e), e);
        }
        Map<String, @Nullable Object> needed = new LinkedHashMap<>();
        needed.put("title", file.title());
        needed.put("source", file.source());
        needed.put("columns", file.columns());
        needed.put("scales", file.scales());
        needed.forEach((key, value) -> {
            if (value == null) {
                throw new ConfigException(origin + ": '" + key + "' is missing");
            }
        });
        return file;
    }

    /** What is wrong, without the names of Java's types. */
    private static String reason(JacksonException e) {
        if (e instanceof UnrecognizedPropertyException unknown) {
            return "unknown key '" + unknown.getPropertyName() + "'. Known: "
                    + unknown.getKnownPropertyIds().stream()
                            .map(String::valueOf)
                            .collect(Collectors.joining(", "));
        }
        boolean whole = e instanceof MismatchedInputException && e.getPath().isEmpty();
        return whole ? "is not a grid of experiments, which is a list of 'key: value' lines" : e.getOriginalMessage();
    }

    /** Reads a file of the user's. */
    static ReproductionFile read(Path path) {
        try {
            return parse(Files.readString(path, StandardCharsets.UTF_8), path.toString());
        } catch (IOException e) {
            throw new ConfigException(path + ": cannot be read as text (" + FileReason.of(e) + ")", e);
        }
    }

    /**
     * One size of it.
     *
     * @throws ConfigException naming the scales there are, if there is none of this name
     */
    Scale scale(String name, String origin) {
        Scale scale = scales.get(name);
        if (scale == null) {
            throw new ConfigException(
                    origin + ": there is no scale '" + name + "', only " + String.join(", ", scales.keySet()));
        }
        return scale;
    }
}
