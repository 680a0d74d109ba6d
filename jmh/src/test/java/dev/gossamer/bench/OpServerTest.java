package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
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

    /** Four products in a step, of two copies of the dense operands: the answer is a single product's. */
    @Test
    void productsOfDlmcAreRepeatedInAStep() throws IOException {
        Path matrices = Files.createDirectories(folder.resolve("dlmc/rn50/made_up/0.5"));
        Files.writeString(matrices.resolve("layer.smtx.gz"), "2, 3, 3\n0 2 3\n0 2 1\n");
        System.setProperty(Patterns.DATA_PROPERTY, folder.toString());
        List<String> answers;
        try {
            answers = answers(
                    "open spmm rn50/made_up/0.5/layer 5 4 2 " + folder,
                    "time 3",
                    "open sddmm rn50/made_up/0.5/layer 5 4 2 " + Files.createDirectory(folder.resolve("of entries")),
                    "open spmm rn50/made_up/0.5/layer 5 0 1 " + folder,
                    "open spmm rn50/made_up/0.5/other 5 4 2 " + folder);
        } finally {
            System.clearProperty(Patterns.DATA_PROPERTY);
        }

        assertThat(answers.get(0)).startsWith("ok 3 ").hasSizeGreaterThan("ok 3 ".length());
        assertThat(answers.get(1)).matches("ok [1-9][0-9]* [1-9][0-9]*");
        float[] values = numbers(folder.resolve("values"));
        float[] b = numbers(folder.resolve("b"));
        float[] product = numbers(folder.resolve("c"));
        assertThat(product).hasSize(10);
        for (int n = 0; n < 5; n++) {
            assertThat(product[n]).isCloseTo(values[0] * b[n] + values[1] * b[10 + n], within(1e-5f));
            assertThat(product[5 + n]).isCloseTo(values[2] * b[5 + n], within(1e-5f));
        }
        assertThat(answers.get(2)).startsWith("ok 3 ");
        assertThat(folder.resolve("of entries/c")).hasSize(12);
        assertThat(folder.resolve("of entries/b")).hasSize(60);
        assertThat(answers.get(3)).startsWith("error").contains("one call");
        assertThat(answers.get(4)).startsWith("error").contains("other.smtx.gz");
    }

    private static float[] numbers(Path file) throws IOException {
        FloatBuffer buffer = ByteBuffer.wrap(Files.readAllBytes(file))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        float[] numbers = new float[buffer.remaining()];
        buffer.get(numbers);
        return numbers;
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
