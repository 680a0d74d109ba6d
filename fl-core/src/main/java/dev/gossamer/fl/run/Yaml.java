package dev.gossamer.fl.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Flat YAML mappings. */
final class Yaml {

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
            .build();

    private Yaml() {}

    /**
     * The keys of a file with their values as text.
     *
     * @throws ConfigException naming the file and what is wrong with it
     */
    static Map<String, String> read(Path file) {
        JsonNode root = parse(file, text(file));
        Map<String, String> values = new LinkedHashMap<>();
        if (root.isMissingNode() || root.isNull()) {
            return values;
        }
        if (!root.isObject()) {
            throw new ConfigException(file + ": is not a list of 'key: value' lines");
        }
        for (Map.Entry<String, JsonNode> property : root.properties()) {
            JsonNode value = property.getValue();
            if (!value.isValueNode() || value.isNull()) {
                throw new ConfigException(
                        file + ": " + property.getKey() + " is " + value + ", but must be a single value");
            }
            values.put(property.getKey(), value.asString());
        }
        return values;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": no such file. Give the path of an experiment's YAML file", e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read as text (" + e + ")", e);
        }
    }

    private static JsonNode parse(Path file, String text) {
        try {
            return YAML.readTree(text);
        } catch (JacksonException e) {
            String line =
                    e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
            throw new ConfigException(file + line + ": is not valid YAML: " + e.getOriginalMessage(), e);
        }
    }

    static String write(Map<String, Object> values) {
        return YAML.writeValueAsString(values);
    }
}
