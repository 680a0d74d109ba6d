package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder that a run writes. It is readable at any time: {@code config.yaml} and {@code manifest.json} are there before
 * the first round (the manifest gets the memory that training took when all is done), {@code metrics.jsonl} gets whole lines, {@code model.safetensors} and then {@code result.json} appear
 * complete at the end. A folder without {@code result.json} is one of a run that did not finish.
 */
public final class RunDirectory implements AutoCloseable {

    public static final String CONFIG = "config.yaml";
    public static final String MANIFEST = "manifest.json";
    public static final String METRICS = "metrics.jsonl";
    public static final String MODEL = "model.safetensors";
    public static final String RESULT = "result.json";

    private static final List<String> FILES = List.of(RESULT, MODEL, METRICS, MANIFEST, CONFIG);

    private final Path path;
    private final FileChannel metrics;

    private RunDirectory(Path path, FileChannel metrics) {
        this.path = path;
        this.metrics = metrics;
    }

    /**
     * Refuses a path that {@link #create} would refuse, without touching anything.
     *
     * @param overwrite whether a folder with a run in it is fine; one with other things only never is
     * @throws ConfigException if it is no folder, or is not empty and may not be overwritten
     */
    public static void check(Path path, boolean overwrite) {
        if (!Files.exists(path)) {
            return;
        }
        if (!Files.isDirectory(path)) {
            throw new ConfigException("Output " + path + " is a file; give a folder that is new or empty");
        }
        try (Stream<Path> entries = Files.list(path)) {
            List<String> names = entries.map(entry -> entry.getFileName().toString())
                    .sorted()
                    .toList();
            if (!overwrite && !names.isEmpty()) {
                throw new ConfigException("Output folder " + path
                        + " is not empty; give another one, or --overwrite to replace the run in it");
            }
            if (!names.containsAll(List.of(MANIFEST, METRICS)) && !FILES.containsAll(names)) {
                throw new ConfigException("Output folder " + path + " does not hold a run but "
                        + names.stream()
                                .filter(name -> !FILES.contains(name))
                                .findFirst()
                                .orElseThrow()
                        + "; nothing in it is overwritten, give another folder");
            }
        } catch (IOException e) {
            throw new ConfigException("Output folder " + path + " cannot be read: " + e, e);
        }
    }

    /**
     * Makes the folder with an empty metrics file.
     *
     * @param overwrite whether the files of a run that is there already are removed; other files always stay
     * @throws ConfigException as {@link #check}, or if the folder cannot be written
     */
    public static RunDirectory create(Path path, boolean overwrite) {
        check(path, overwrite);
        try {
            Files.createDirectories(path);
            for (String file : FILES) {
                Files.deleteIfExists(path.resolve(file));
            }
            return new RunDirectory(
                    path,
                    FileChannel.open(path.resolve(METRICS), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw new ConfigException("Output folder " + path + " cannot be written: " + e, e);
        }
    }

    public Path path() {
        return path;
    }

    void writeConfig(ExperimentConfig config) {
        write(CONFIG, Yaml.write(config.toMap()));
    }

    void writeManifest(Map<String, Object> manifest) {
        write(MANIFEST, Json.pretty(manifest));
    }

    /** Adds a line, whole, at once. */
    void append(RoundMetrics round) {
        ByteBuffer line = ByteBuffer.wrap(Json.line(round).getBytes(StandardCharsets.UTF_8));
        try {
            while (line.hasRemaining()) {
                metrics.write(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(path.resolve(METRICS) + ": cannot be written", e);
        }
    }

    /** All elements of every tensor under PyTorch's names; the bytes depend on the model alone. */
    void writeModel(ModelState model) {
        List<SafeTensor> tensors = model.tensors().stream()
                .map(tensor -> SafeTensor.of(tensor.name(), tensor.shape(), tensor.toDense()))
                .toList();
        try {
            Safetensors.write(path.resolve(MODEL), tensors, Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(path.resolve(MODEL) + ": cannot be written", e);
        }
    }

    void writeResult(RunResult result) {
        write(RESULT, result.toJson());
    }

    private void write(String file, String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        try {
            AtomicFile.write(path.resolve(file), channel -> {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(path.resolve(file) + ": cannot be written", e);
        }
    }

    @Override
    public void close() {
        try {
            metrics.close();
        } catch (IOException e) {
            throw new UncheckedIOException(path.resolve(METRICS) + ": cannot be closed", e);
        }
    }
}
