package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OpServerTest {

    @TempDir
    private Path folder;

    private static List<String> answers(String... commands) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new OpServer()
                .serve(
                        new BufferedReader(new StringReader(String.join("\n", commands))),
                        new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static float number(String answer) {
        return Float.parseFloat(answer.substring(3));
    }

    @Test
    void stepsTrainOnFromTheLossesOfTheFirstOnes() throws IOException {
        List<String> answers = answers("open step mlp 4 0.1", "loss", "time 1", "loss", "time 300", "loss");

        String[] first = answers.get(0).split(" ");
        assertThat(first).hasSize(1 + ModelProblem.LOSSES);
        assertThat(answers.get(1)).isEqualTo("ok " + first[2]);
        assertThat(number(answers.get(3))).isLessThan(number(answers.get(1)));
        // The mean of the last epoch's 300 - 2 · 128 steps, which begins 256 steps later.
        assertThat(number(answers.get(5))).isLessThan(number(answers.get(3)));
        assertThat(answers.get(2)).matches("ok [1-9][0-9]* [1-9][0-9]*");
    }

    @Test
    void modelsAreDescribedForPyTorch() throws IOException {
        List<String> answers = answers("open infer mlp 3 0.1", "describe " + folder, "open step cnn 1 0.1", "waits 2");

        JsonNode request = JsonMapper.builder()
                .build()
                .readTree(Files.readString(Path.of(answers.get(1).substring(3))));
        assertThat(request.path("kind").asString()).isEqualTo("inference");
        assertThat(request.path("channels").asInt()).isEqualTo(784);
        assertThat(Path.of(request.path("files").path("images").asString())).hasSize(3 * 784);
        assertThat(Path.of(request.path("files").path("parameters").asString())).hasSize(4 * 118_282);
        assertThat(answers.get(2)).matches("ok [0-9.]+ [0-9.]+");
        assertThat(answers.get(3)).matches("ok [1-9][0-9]*");
    }

    @Test
    void methodsSelectFromDenseParameters() throws IOException {
        List<String> answers = answers("open step mlp 4 1", "open step mlp 4 0.1 swat");

        assertThat(number(answers.get(1).replaceAll(" [^ ]*$", "")))
                .isNotEqualTo(number(answers.get(0).replaceAll(" [^ ]*$", "")));
    }

    @Test
    void clientsTrainSideBySide() throws IOException {
        List<String> answers = answers("open clients 2 mlp 4 0.1", "time 3", "describe " + folder, "loss");

        assertThat(answers.get(0)).isEqualTo("ok ");
        assertThat(answers.get(1)).matches("ok [1-9][0-9]* [1-9][0-9]*");
        assertThat(answers.get(2)).startsWith("error").contains("no model");
        assertThat(answers.get(3)).startsWith("error").contains("no training");
    }

    @Test
    void whatGoesWrongIsAnAnswer() throws IOException {
        assertThat(answers("time 1", "open step lenet 1 1", "open step mlp 4 1 pruned", "open", "sing"))
                .allMatch(answer -> answer.startsWith("error "))
                .satisfiesExactly(
                        nothing -> assertThat(nothing).contains("nothing is open"),
                        model -> assertThat(model).contains("no model lenet"),
                        method -> assertThat(method).contains("no method pruned"),
                        words -> assertThat(words).contains("error"),
                        command -> assertThat(command).contains("no command sing"));
    }
}
