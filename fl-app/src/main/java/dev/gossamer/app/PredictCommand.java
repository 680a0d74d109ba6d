package dev.gossamer.app;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.ImageFile;
import dev.gossamer.fl.data.Split;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.Predictor;
import dev.gossamer.fl.run.StoredModel;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Asks the model of a run: about the samples that it was tested with, or about images in a file. */
@Command(
        name = "predict",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Tests the model of a run with the test samples of its data set, as the run did after its last round; or classifies the"
                    + " images of a file."
        },
        footer = {
            "",
            "Example: gossamer predict runs/s95 --data DIR",
            "Results go to standard output, everything else to standard error.",
            "Exit codes: 0 good, 1 failure at run time, 2 usage or configuration."
        })
final class PredictCommand implements Callable<Integer> {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "DIR", description = "The directory of a run that is complete.")
    private Path directory = Path.of("");

    @Option(
            names = "--images",
            paramLabel = "FILE",
            description = {
                "Images to classify, unsigned bytes: an IDX file, or .npy of shape (count, height, width) or (count, channels, height,"
                        + " width)."
            })
    private @Nullable Path images;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "Classes that the table tells of each image, the most probable first; JSON has all. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Option(names = "--json", description = "Print JSON instead of a table, and nothing else, on standard output.")
    private boolean json;

    @Mixin
    private DataOption data = new DataOption();

    @Mixin
    private EngineOptions engine = new EngineOptions();

    @Mixin
    private Output output = new Output();

    /** A class of an image, and how probable it is. */
    private record Guess(int number, double probability) {}

    @Override
    public Integer call() {
        output.apply();
        if (top < 1) {
            throw new UsageException("--top is " + top + ", but must be a whole number of at least 1");
        }
        if (images != null && !Files.isRegularFile(images)) {
            throw new UsageException("--images is " + images + ", but must be a file of images that is there");
        }
        StoredModel model = StoredModel.of(directory);
        BackendOptions options = engine.backendOptions();
        try (Backend backend = engine.open(options).backend();
                Predictor predictor = new Predictor(backend, options.threads(), model)) {
            if (images == null) {
                test(model, predictor);
            } else {
                classify(images, model, predictor);
            }
        }
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }

    private void test(StoredModel model, Predictor predictor) {
        try (Dataset set = DataSource.load(model.config(), data.folder())) {
            if (!set.one().equals(model.one())) {
                throw new UsageException("--data: data set " + set.name() + " has samples of shape " + set.one()
                        + " there, but the model takes " + model.one()
                        + ". Give the folder that the run was trained with");
            }
            Evaluation evaluation = predictor.evaluate(set.test());
            if (json) {
                print(facts(model, evaluation));
                return;
            }
            Table table = new Table();
            table.row("model", model.spec().name() + " in " + directory);
            table.row("data set", set.name() + (set.extent().isEmpty() ? "" : ", " + set.extent()));
            table.row(
                    "accuracy",
                    Text.of(
                            "%.4f: %,d of %,d test samples",
                            evaluation.accuracy(), evaluation.correct(), evaluation.samples()));
            table.row("loss", Text.of("%.4f", evaluation.loss()));
            table.print(spec.commandLine().getOut());
        }
    }

    private static Map<String, Object> facts(StoredModel model, Evaluation evaluation) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("model", model.spec().name());
        facts.put("dataset", model.config().dataset());
        facts.put("samples", evaluation.samples());
        facts.put("correct", evaluation.correct());
        facts.put("accuracy", evaluation.accuracy());
        facts.put("loss", evaluation.loss());
        return facts;
    }

    private void classify(Path file, StoredModel model, Predictor predictor) {
        try (Arena arena = Arena.ofConfined()) {
            Split split = ImageFile.read(file, model.one(), arena);
            double[][] probabilities = predictor.probabilities(split);
            if (json) {
                print(Map.of("images", facts(probabilities)));
                return;
            }
            Table table = new Table();
            table.row("image", "class", "probability", "others");
            for (int image = 0; image < probabilities.length; image++) {
                List<Guess> guesses = guesses(probabilities[image]);
                table.row(
                        Integer.toString(image),
                        Integer.toString(guesses.getFirst().number),
                        Text.of("%.4f", guesses.getFirst().probability),
                        guesses.stream()
                                .skip(1)
                                .map(guess -> Text.of("%d %.4f", guess.number, guess.probability))
                                .collect(Collectors.joining(", ")));
            }
            table.print(spec.commandLine().getOut());
        }
    }

    private List<Guess> guesses(double[] probabilities) {
        return IntStream.range(0, probabilities.length)
                .mapToObj(number -> new Guess(number, probabilities[number]))
                .sorted(Comparator.comparingDouble((Guess guess) -> -guess.probability))
                .limit(top)
                .toList();
    }

    private List<Map<String, Object>> facts(double[][] probabilities) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (int image = 0; image < probabilities.length; image++) {
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("image", image);
            facts.put("class", guesses(probabilities[image]).getFirst().number);
            facts.put("probabilities", probabilities[image]);
            all.add(facts);
        }
        return all;
    }

    private void print(Object facts) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(JSON.writeValueAsString(facts));
    }
}
