package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Availability.Unavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the user has to put right: exit code 2, the thing and its remedy named, no stack trace, and no run directory. */
@SuppressWarnings("try") // the property is there to be closed
class TrainErrorsTest {

    @TempDir
    Path folder;

    private Path data;
    private Path out;

    @BeforeEach
    void writeGoodData() throws IOException {
        data = folder.resolve("data");
        out = folder.resolve("run");
        TinyMnist.write(data);
    }

    private Cli.Outcome train(String... options) {
        List<String> args = new ArrayList<>(List.of("train", "--out", out.toString(), "--data", data.toString()));
        args.addAll(Arrays.asList(options));
        return Cli.run(args.toArray(String[]::new));
    }

    private void assertRefused(Cli.Outcome outcome, String... named) {
        assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
        assertThat(outcome.err()).contains(named).doesNotContain("\tat ");
        assertThat(outcome.out()).isEmpty();
        assertThat(out).doesNotExist();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void sizesOfMemoryAreChecked() {
        for (String wrong : List.of("8", "0g", "4x", "-1g", "99999999999g")) {
            Cli.Outcome outcome = Cli.run("train", "--memory=" + wrong);
            assertThat(outcome.code()).isEqualTo(2);
            assertThat(outcome.err()).contains("--memory is " + wrong + ", but must be a size such as 512m or 8g");
        }
    }

    @Test
    void runnersThatAreNotHere() {
        assertRefused(train("--runner", "spark"), "Unknown runner 'spark'", "gossamer-spark.jar", "./gossamer");
        assertRefused(train("--master", "local[2]"), "--master", "are for --runner spark", "the runner is local");
        assertRefused(train("--runner", "spark", "--memory", "1g"), "--memory is for --runner local");
    }

    @Test
    void anUnknownBackendIsAnsweredWithTheKnownOnes() {
        assertRefused(
                train("--backend", "nonsense"),
                "Unknown backend 'nonsense'",
                "asked for by argument",
                "auto, cuda, cpu-vector, reference",
                "gossamer backends");
    }

    @Test
    void anUnknownBackendInThePropertyIsTheSame() {
        try (BackendProperty property = BackendProperty.set("nonsense")) {
            assertRefused(train(), "Unknown backend 'nonsense'", "system property gossamer.backend", "cpu-vector");
        }
    }

    @Test
    void cudaSaysWhyNotAndWhatToDo() {
        Unavailable why = Cuda.refusalOrSkip();
        assertRefused(train("--backend", "cuda"), "Backend cuda", "cannot run here: " + why.reason(), why.remedy());
    }

    @Test
    void cudaInThePropertyIsTheSame() {
        Unavailable why = Cuda.refusalOrSkip();
        try (BackendProperty property = BackendProperty.set("cuda")) {
            assertRefused(train(), "system property gossamer.backend", why.reason(), why.remedy());
        }
    }

    @Test
    void aTruncatedFileIsNamed() throws IOException {
        Path images = data.resolve("train-images-idx3-ubyte");
        Files.write(images, Arrays.copyOf(Files.readAllBytes(images), 1000));

        assertRefused(train("--dataset", "mnist"), images.toString(), "only 984", "fetch the file again");
    }

    @Test
    void aMissingFileIsNamedAndSoIsWhereToGetIt() throws IOException {
        Path labels = data.resolve("t10k-labels-idx1-ubyte");
        Files.delete(labels);

        assertRefused(
                train("--dataset", "mnist"),
                labels.toString(),
                "get its four files",
                "gossamer data fetch mnist",
                "--data");
    }

    @Test
    void missingDataAreSaidToBeMissing() {
        Path nowhere = folder.resolve("nowhere");

        assertRefused(
                train("--dataset", "fashion-mnist", "--data", nowhere.toString()),
                "fashion-mnist",
                nowhere.toString(),
                "--dataset strokes");
    }

    @Test
    void labelsOfAnotherLengthAreNamed() throws IOException {
        Path labels = data.resolve("train-labels-idx1-ubyte");
        Files.write(labels, TinyMnist.labels(TinyMnist.TRAIN - 1));

        assertRefused(train("--dataset", "mnist"), labels.toString(), "199", "200");
    }

    @Test
    void aMethodThatCannotBeginLeavesTheRunThatIsThere() throws IOException {
        assertThat(train("--dataset=mnist", "--method=fedavg", "--rounds=1", "--epochs=1")
                        .code())
                .isZero();
        List<String> files = List.of("config.yaml", "metrics.jsonl", "model.safetensors", "result.json");
        List<byte[]> before = contents(files);
        for (String sparsity : List.of("1", "0.999")) {
            Cli.Outcome outcome = train("--dataset=mnist", "--method=feddst", "--sparsity=" + sparsity, "--overwrite");

            assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
            assertThat(outcome.err()).contains("sparsity", sparsity).doesNotContain("\tat ");
            assertThat(contents(files)).containsExactlyElementsOf(before);
        }
    }

    private List<byte[]> contents(List<String> files) throws IOException {
        List<byte[]> contents = new ArrayList<>();
        for (String file : files) {
            contents.add(Files.readAllBytes(out.resolve(file)));
        }
        return contents;
    }

    @Test
    void anUnknownKeyInAnExperimentIsNamedWithTheKnownOnes() throws IOException {
        Path yaml = file("experiment.yaml", "sparsitty: 0.5\n");

        assertRefused(train(yaml.toString()), yaml.toString(), "'sparsitty'", "Known: dataset, normalise", "sparsity");
    }

    @Test
    void anExperimentThatIsNoYamlIsNamedWithTheLine() throws IOException {
        Path yaml = file("experiment.yaml", "rounds: 2\nmodel: [mlp\n");

        assertRefused(train(yaml.toString()), yaml.toString(), "line ");
    }

    @Test
    void aMissingExperimentIsNamed() {
        Path yaml = folder.resolve("none.yaml");

        assertRefused(train(yaml.toString()), yaml.toString(), "no such file");
    }

    @Test
    void aSettingOutOfRangeInAnExperimentIsNamedWithTheFile() throws IOException {
        Path yaml = file("experiment.yaml", "sparsity: 1.5\n");

        assertRefused(train(yaml.toString()), yaml.toString(), "sparsity is 1.5", "from 0 to 1");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --sparsity      | 1.5        | sparsity is 1.5       | from 0 to 1
                    --sparsity      | -0.1       | sparsity is -0.1      | from 0 to 1
                    --sparsity      | NaN        | sparsity is NaN       | from 0 to 1
                    --rounds        | 0          | rounds is 0           | from 1
                    --rounds        | many       | rounds is many        | whole number
                    --clients       | -3         | clients is -3         | from 1
                    --clients       | 201        | 200                   | 201
                    --participation | 0          | participation is 0    | above 0
                    --epochs        | 1.5        | epochs is 1.5         | whole number
                    --batch         | 0          | batch is 0            | from 1
                    --lr            | -1         | lr is -1              | above 0
                    --momentum      | 1          | momentum is 1         | below 1
                    --seed          | x          | seed is x             | whole number
                    --dataset       | imagenet   | dataset is imagenet   | strokes, fashion-mnist, mnist
                    --model         | vgg        | model is vgg          | mlp, lenet-300-100, linear
                    --method        | sgd        | method is sgd         | fedavg, fedprox, mfl
                    --partition     | sorted     | partition is sorted   | label-blocks:K
                    --partition     | label-blocks:0 | label-blocks:0    | at least 1
                    --partition     | dirichlet:0 | dirichlet:0          | above 0
                    --threads       | 0          | --threads is 0        | from 1 to 4096
                    --threads       | 99999      | --threads is 99999    | from 1 to 4096
                    --threads       | two        | --threads             | two
                    """)
    void aSettingThatCannotBeIsNamedWithWhatIsAllowed(String option, String value, String named, String allowed) {
        List<String> args = new ArrayList<>(List.of(option + "=" + value));
        if (!option.equals("--dataset")) {
            args.add("--dataset=mnist");
        }
        assertRefused(train(args.toArray(String[]::new)), named, allowed);
    }

    @Test
    void anOptionWinsOverTheExperimentAlsoWhenItIsTheWrongOne() throws IOException {
        Path yaml = file("experiment.yaml", "sparsity: 0.5\n");

        assertRefused(train(yaml.toString(), "--sparsity", "2"), "--sparsity", "sparsity is 2");
    }

    @Test
    void theThreadPropertyIsCheckedToo() {
        System.setProperty("gossamer.threads", "none");
        try {
            assertRefused(train(), "gossamer.threads", "'none'");
        } finally {
            System.clearProperty("gossamer.threads");
        }
    }

    @Test
    void aLevelThatTheLogHasNotIsRefused() {
        System.setProperty("gossamer.log.level", "WARNING");
        try {
            assertRefused(train(), "gossamer.log.level", "'WARNING'", "WARN, ERROR");
        } finally {
            System.clearProperty("gossamer.log.level");
        }
    }

    @Test
    void verboseShowsWhereItHappened() {
        Cli.Outcome outcome = train("--backend", "nonsense", "--verbose");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("Unknown backend 'nonsense'", "\tat dev.gossamer.engine.Backends");
    }
}
