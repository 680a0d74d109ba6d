package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is done with the model of a run: written for others, asked, trained on. */
class TakeAwayTest {

    @TempDir
    private Path folder;

    private Path run;
    private String data;

    @BeforeEach
    void trainOne() throws IOException {
        TinyMnist.write(folder.resolve("data"));
        data = folder.resolve("data").toString();
        run = folder.resolve("run");
        assertThat(train(run).code()).isZero();
    }

    private Cli.Outcome train(Path out, String... options) {
        List<String> args = new ArrayList<>(List.of("train", "--out", out.toString(), "--dataset", "mnist"));
        args.addAll(List.of("--data", data, "--clients", "4", "--lr", "0.1"));
        args.addAll(List.of("--rounds", "2", "--epochs", "1", "--batch", "16"));
        args.addAll(Arrays.asList(options));
        return Cli.run(args.toArray(String[]::new));
    }

    private static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text);
    }

    private static void assertRefused(Cli.Outcome outcome, String... named) {
        assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
        assertThat(outcome.err()).contains(named).doesNotContain("\tat ");
        assertThat(outcome.out()).isEmpty();
    }

    @Test
    void modelsAreWrittenInEveryFormat() {
        for (String format : List.of("safetensors=safetensors", "npy=npz", "onnx=onnx")) {
            String name = format.substring(0, format.indexOf('='));
            Path file = folder.resolve("run." + format.substring(format.indexOf('=') + 1));
            Cli.Outcome outcome = Cli.run("export", run.toString(), "--format", name);
            assertThat(outcome.code()).as(outcome.err()).isZero();
            assertThat(file).isNotEmptyFile();
            assertThat(outcome.out()).contains(file.toString(), "mlp for mnist", "118,282, of which 11,829 are left");
            assertRefused(
                    Cli.run("export", run.toString(), "--format", name), file + " is there already", "--overwrite");
            assertThat(Cli.run("export", run.toString(), "--format", name, "--overwrite")
                            .code())
                    .isZero();
        }
        assertRefused(Cli.run("export", folder.toString(), "--format", "onnx"), "no run", "gossamer train");
        assertThat(Cli.run("export", run.toString(), "--format", "tflite").err())
                .contains("tflite", "ONNX");
    }

    @Test
    void noFileOfTheRunIsReplaced() throws IOException {
        byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
        for (String name : List.of("model.safetensors", "config.yaml", "result.json")) {
            String file = run.resolve(name).toString();
            assertRefused(
                    Cli.run("export", run.toString(), "--format", "onnx", "--overwrite", "--out", file),
                    "--out is " + file,
                    "give a file of another name");
            assertRefused(Cli.run("compare", run.toString(), "--out", file), "--out is " + file, "cannot do without");
        }
        assertThat(run.resolve("model.safetensors")).hasBinaryContent(model);
    }

    @Test
    void aModelIsTestedAsItsRunTestedIt() throws IOException {
        JsonNode result = json(Files.readString(run.resolve("result.json")));
        Cli.Outcome outcome = Cli.run("predict", run.toString(), "--data", data, "--json");
        assertThat(outcome.code()).as(outcome.err()).isZero();
        JsonNode told = json(outcome.out());
        assertThat(told.path("accuracy").asDouble())
                .isEqualTo(result.path("lastAccuracy").asDouble());
        assertThat(told.path("samples").asInt()).isEqualTo(TinyMnist.TEST);
        assertThat(Cli.run("predict", run.toString(), "--data", data).out()).contains("of 50 test samples");
        assertRefused(
                Cli.run(
                        "predict",
                        run.toString(),
                        "--data",
                        folder.resolve("none").toString()),
                "mnist");
    }

    @Test
    void imagesAreClassified() {
        String images = Path.of(data, "t10k-images-idx3-ubyte").toString();
        Cli.Outcome outcome = Cli.run("predict", run.toString(), "--images", images, "--json");
        assertThat(outcome.code()).as(outcome.err()).isZero();
        JsonNode all = json(outcome.out()).path("images");
        assertThat(all.size()).isEqualTo(TinyMnist.TEST);
        int right = 0;
        for (JsonNode image : all) {
            int number = image.path("image").asInt();
            assertThat(image.path("probabilities").size()).isEqualTo(10);
            right += image.path("class").asInt() == number % 10 ? 1 : 0;
        }
        JsonNode tested = json(
                Cli.run("predict", run.toString(), "--data", data, "--json").out());
        assertThat(right).isEqualTo(tested.path("correct").asInt());

        Cli.Outcome table = Cli.run("predict", run.toString(), "--images", images, "--top", "2");
        assertThat(table.out().lines())
                .hasSize(1 + TinyMnist.TEST)
                .anyMatch(line -> line.matches("7 +\\d +0\\.\\d{4} +\\d 0\\.\\d{4}"));
        assertRefused(Cli.run("predict", run.toString(), "--images", images, "--top", "0"), "--top");
        assertRefused(Cli.run("predict", run.toString(), "--images", data + "/t10k-labels-idx1-ubyte"), "idx3");
    }

    @Test
    void aRunBeginsWithAModel() throws IOException {
        Path weights = folder.resolve("run.safetensors");
        assertThat(Cli.run("export", run.toString(), "--format", "safetensors").code())
                .isZero();
        Path next = folder.resolve("next");
        Cli.Outcome outcome = train(next, "--init", weights.toString());
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(next.resolve("config.yaml")).content().contains("init: ");
        assertThat(next.resolve("init.safetensors")).isNotEmptyFile();
        JsonNode manifest = json(Files.readString(next.resolve("manifest.json")));
        assertThat(manifest.path("init").path("file").asString()).isEqualTo(weights.toString());

        Path other = folder.resolve("other");
        assertRefused(
                train(other, "--init", weights.toString(), "--model", "lenet-300-100"),
                weights.toString(),
                "fc1.weight",
                "[300, 784]",
                "--model");
        assertRefused(train(other, "--init", folder.resolve("none").toString()), "no such file");
        assertThat(other).doesNotExist();
    }
}
