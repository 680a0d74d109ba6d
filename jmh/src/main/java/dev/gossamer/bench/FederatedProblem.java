package dev.gossamer.bench;

import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Partition;
import dev.gossamer.fl.nn.LayerSpec;
import dev.gossamer.fl.nn.LinearSpec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.MethodCatalog;
import dev.gossamer.fl.sparsity.PruningSchedule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * One cell of FedSparsify's table 2, as {@code experiments/fedsparsify-fashion-mnist.yaml} has it: settings, who has which
 * samples, the initial model, and how many parameters each round leaves. Another program that starts from it trains the same
 * model in the same way; only the order of samples is its own.
 */
final class FederatedProblem implements AutoCloseable {

    private static final String EXPERIMENT = "fedsparsify-fashion-mnist.yaml";

    final ExperimentConfig config;
    final Dataset data;
    private final ModelSpec spec;
    private final int[][] parts;

    private FederatedProblem(ExperimentConfig config, Dataset data) {
        this.config = config;
        this.data = data;
        this.spec = Models.named(config.model(), data.one(), data.classes());
        this.parts = Partition.parse(config.partition(), config.seed()).assign(data, config.clients());
    }

    /**
     * Loads the data.
     *
     * @param folder with the files of the data set, or a sub-folder that has them
     * @param rounds of the schedule; 0 for as many as the experiment says
     * @throws dev.gossamer.fl.data.DataException naming the files that are missing
     */
    static FederatedProblem load(Path folder, int rounds) {
        ExperimentConfig config = config(rounds);
        return new FederatedProblem(config, DataSource.load(config.dataset(), folder));
    }

    /** The experiment; rounds as in {@link #load}. */
    static ExperimentConfig config(int rounds) {
        try (InputStream packed = Objects.requireNonNull(
                FederatedProblem.class.getResourceAsStream(EXPERIMENT), "the jar lacks " + EXPERIMENT)) {
            Path file = Files.createTempFile("gossamer", ".yaml");
            try {
                Files.copy(packed, file, StandardCopyOption.REPLACE_EXISTING);
                return ExperimentConfig.resolve(
                        file, rounds == 0 ? Map.of() : Map.of("rounds", Integer.toString(rounds)));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + EXPERIMENT, e);
        }
    }

    /** Training steps of a round, all clients together. */
    long stepsPerRound() {
        return Arrays.stream(parts)
                .mapToLong(part -> (long) config.epochs() * ((part.length + config.batch() - 1) / config.batch()))
                .sum();
    }

    /** Input features, widths of the layers. */
    List<Integer> widths() {
        List<Integer> widths = new ArrayList<>(List.of(spec.input().features()));
        for (LayerSpec layer : spec.layers()) {
            switch (layer) {
                case LinearSpec linear -> widths.add(linear.out());
                default -> throw new IllegalStateException("Layer '" + layer.name() + "' is not fully connected");
            }
        }
        return widths;
    }

    /** All parameters in the model's order, which is PyTorch's. */
    float[] initial() {
        return StepProblem.flat(spec.initial(config.seed()));
    }

    /** Parameters that are left after each round, the first one first. */
    List<Long> kept() {
        PruningSchedule schedule = MethodCatalog.schedule(config);
        return IntStream.rangeClosed(1, config.rounds())
                .mapToObj(round -> schedule.keptAt(round, spec.parameterCount()))
                .toList();
    }

    /** How many samples each client has. */
    List<Integer> partSizes() {
        return Arrays.stream(parts).map(part -> part.length).toList();
    }

    /** Their numbers, client after client. */
    int[] partSamples() {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }

    /** By which a pixel is multiplied. */
    float scale() {
        return data.transform().scale().getFirst();
    }

    @Override
    public void close() {
        data.close();
    }
}
