package dev.gossamer.fl.run;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * The model that a run directory holds. It takes neither the data set nor a backend to read it.
 *
 * @param config of the run
 * @param one shape of one sample of its data set
 * @param spec the layers
 * @param theta what was trained, without zeros (see {@link ModelFile#withoutZeros})
 * @param scale of the pixels of each channel: {@code x = pixel·scale + shift}
 * @param shift of the same
 */
public record StoredModel(
        ExperimentConfig config, Shape one, ModelSpec spec, ModelState theta, List<Float> scale, List<Float> shift) {

    public StoredModel {
        scale = List.copyOf(scale);
        shift = List.copyOf(shift);
    }

    /**
     * Reads a run directory.
     *
     * @throws ConfigException naming the file that is missing, or what does not fit
     */
    public static StoredModel of(Path directory) {
        StoredRun run = StoredRun.of(directory);
        Path file = directory.resolve(RunDirectory.MODEL);
        if (!Files.isRegularFile(file)) {
            throw new ConfigException(directory + " has no " + RunDirectory.MODEL
                    + ": its run did not come to its end. `gossamer resume " + directory + "` goes on with it");
        }
        Path manifest = directory.resolve(RunDirectory.MANIFEST);
        if (!(StoredRun.manifest(directory).get("dataset") instanceof JsonNode dataset)
                || !dataset.path("classes").isInt()) {
            throw new ConfigException(manifest + ": does not say how many classes the data set has");
        }
        Shape one = shape(manifest, run.config(), dataset.path("shape"));
        ModelSpec spec =
                Experiment.spec(run.config(), one, dataset.path("classes").intValue());
        return new StoredModel(
                run.config(),
                one,
                spec,
                ModelFile.withoutZeros(ModelFile.read(file, spec), spec),
                floats(dataset.path("scale")),
                floats(dataset.path("shift")));
    }

    /** Of a sample. Manifests of the first builds do not say it; data sets were all of their published shapes then. */
    private static Shape shape(Path manifest, ExperimentConfig config, JsonNode node) {
        List<Integer> sides = StreamSupport.stream(node.spliterator(), false)
                .map(side -> side.asInt(0))
                .toList();
        if (node.isMissingNode()) {
            return DataSource.publishedShape(config.dataset());
        }
        if (sides.size() != 3 || !sides.stream().allMatch(side -> side > 0)) {
            throw new ConfigException(manifest + ": " + node + " is no shape of a sample");
        }
        return new Shape(sides.get(0), sides.get(1), sides.get(2), 1);
    }

    private static List<Float> floats(JsonNode node) {
        List<Float> floats = new ArrayList<>();
        node.forEach(number -> floats.add((float) number.asDouble(Double.NaN)));
        return floats;
    }

    /** What goes with the model into files of other programs: where it comes from, and what makes its input of an image's bytes. */
    public Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "pt");
        metadata.put("model", spec.name());
        metadata.put("dataset", config.dataset());
        metadata.put("method", config.method());
        metadata.put("seed", Long.toString(config.seed()));
        metadata.put("input", "pixel * scale + shift, for each channel");
        metadata.put("scale", text(scale));
        metadata.put("shift", text(shift));
        return metadata;
    }

    private static String text(List<Float> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
}
