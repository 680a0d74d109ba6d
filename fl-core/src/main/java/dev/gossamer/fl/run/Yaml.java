package dev.gossamer.fl.run;

import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
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
     * A value as text.
     *
     * @param line in the file, from 1
     */
    record Entry(String text, int line) {}

    /**
     * The keys of a file with their values.
     *
     * @throws ConfigException naming the file, the line and what is wrong with it
     */
    static Map<String, Entry> read(Path file) {
        Map<String, Entry> values = new LinkedHashMap<>();
        try (JsonParser parser = YAML.createParser(text(file))) {
            JsonToken token = parser.nextToken();
            if (token == null || token == JsonToken.VALUE_NULL) {
                return values;
            }
            if (token != JsonToken.START_OBJECT) {
                throw new ConfigException(file + ": is not a list of 'key: value' lines");
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String key = parser.currentName();
                int line = parser.currentTokenLocation().getLineNr();
                JsonToken value = parser.nextToken();
                if (!value.isScalarValue() || value == JsonToken.VALUE_NULL) {
                    throw new ConfigException(file + ", line " + line + ": " + key + " must be a single value, and is "
                            + (value == JsonToken.VALUE_NULL ? "empty" : "a list or a mapping"));
                }
                values.put(key, new Entry(parser.getString(), line));
            }
            if (parser.nextToken() != null) {
                throw new ConfigException(file + ", line "
                        + parser.currentTokenLocation().getLineNr() + ": there is more than one list of keys");
            }
            return values;
        } catch (JacksonException e) {
            String line = e.getLocation() == null || e.getLocation().getLineNr() < 1
                    ? ""
                    : ", line " + e.getLocation().getLineNr();
            throw new ConfigException(file + line + ": is not valid YAML: " + e.getOriginalMessage(), e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": no such file. Give the path of an experiment's YAML file", e);
        } catch (IOException e) {
            if (Files.isDirectory(file)) {
                throw new ConfigException(file + ": is a folder. Give the path of an experiment's YAML file", e);
            }
            throw new ConfigException(file + ": cannot be read as text (" + FileReason.of(e) + ")", e);
        }
    }

    static String write(Map<String, Object> values) {
        return YAML.writeValueAsString(values);
    }
}
