package dev.gossamer.fl.run;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a run that came to its end left in its directory.
 *
 * @param rounds all lines of its metrics
 * @param manifest where and with what it ran
 */
public record CompletedRun(
        Path directory, ExperimentConfig config, RunResult result, List<RoundMetrics> rounds, JsonNode manifest) {

    /**
     * Reads a run directory, but for the model.
     *
     * @throws ConfigException naming the file that is missing or cannot be read
     */
    public static CompletedRun of(Path directory) {
        StoredRun stored = StoredRun.of(directory);
        if (!stored.complete()) {
            throw new ConfigException(
                    directory + ": the run is not complete; `gossamer resume " + directory + "` goes on with it");
        }
        return new CompletedRun(
                directory,
                stored.config(),
                read(directory.resolve(RunDirectory.RESULT), text -> Json.parse(text, RunResult.class)),
                read(
                        directory.resolve(RunDirectory.METRICS),
                        text -> text.lines()
                                .map(line -> Json.parse(line, RoundMetrics.class))
                                .toList()),
                read(
                        directory.resolve(RunDirectory.MANIFEST),
                        text -> JsonMapper.builder().build().readTree(text)));
    }

    private static <T> T read(Path file, Function<String, T> parser) {
        try {
            return parser.apply(Files.readString(file));
        } catch (IOException | JacksonException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * The model at the end. What is zero counts as pruned where a tensor has zeros at all: files of models have no masks.
     *
     * @throws ConfigException if the file cannot be read
     */
    public ModelState model() {
        Path file = directory.resolve(RunDirectory.MODEL);
        try {
            return new ModelState(Safetensors.read(file).tensors().stream()
                    .map(CompletedRun::tensor)
                    .toList());
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static TensorState tensor(SafeTensor stored) {
        int[] shape = stored.shape().stream().mapToInt(Math::toIntExact).toArray();
        float[] dense = stored.floats();
        BitSet kept = new BitSet(dense.length);
        float[] values = new float[dense.length];
        int count = 0;
        for (int i = 0; i < dense.length; i++) {
            if (dense[i] != 0) {
                kept.set(i);
                values[count++] = dense[i];
            }
        }
        if (count == dense.length) {
            return TensorState.dense(stored.name(), shape, dense);
        }
        long[] bits = Arrays.copyOf(kept.toLongArray(), (dense.length + 63) / 64);
        return TensorState.sparse(
                stored.name(),
                shape,
                SparsityPattern.fromBits(TensorState.rows(shape), TensorState.cols(shape), bits),
                Arrays.copyOf(values, count));
    }
}
