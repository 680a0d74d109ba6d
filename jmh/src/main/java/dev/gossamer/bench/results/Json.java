package dev.gossamer.bench.results;

import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON files of results. */
public final class Json {

    static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    /**
     * Reads a file.
     *
     * @throws ResultException if it cannot be read, or is no JSON
     */
    static JsonNode read(Path file) {
        try {
            return MAPPER.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new ResultException("Cannot read " + file + ": " + FileReason.of(e), e);
        } catch (JacksonException e) {
            throw new ResultException(file + " is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * Refuses what no file can be written to, before anything is measured for it.
     *
     * @param file null where nothing is to be written
     * @throws ResultException if it is a folder, or in one that is not there
     */
    public static void check(@Nullable Path file) {
        if (file == null) {
            return;
        }
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new ResultException("Results cannot be written to " + file
                    + ", which must be a file in a folder that exists and can be written to");
        }
    }

    /** Writes records, maps and lists, indented. */
    public static void write(Path file, Object value) {
        try {
            Files.writeString(file, MAPPER.writeValueAsString(value) + "\n");
        } catch (IOException e) {
            throw new ResultException("Cannot write " + file + ": " + FileReason.of(e), e);
        }
    }
}
