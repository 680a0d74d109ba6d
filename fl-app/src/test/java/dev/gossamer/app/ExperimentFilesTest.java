package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.run.ExperimentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The experiment files that come with Gossamer. */
class ExperimentFilesTest {

    private static final Path FOLDER = Path.of("..", "experiments");

    private static ExperimentConfig read(String name) {
        return ExperimentConfig.resolve(FOLDER.resolve(name), Map.of());
    }

    @Test
    void everyFileCanBeRead() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            List<String> names = files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .toList();
            assertThat(names).contains("strokes.yaml", "fedsparsify-fashion-mnist.yaml", "fedavg-fashion-mnist.yaml");
            assertThat(names).allSatisfy(ExperimentFilesTest::read);
        }
    }

    @Test
    void strokesIsWhatRunsWithoutAFileAndSaysEverySetting() throws IOException {
        assertThat(read("strokes.yaml")).isEqualTo(ExperimentConfig.defaults());
        String text = Files.readString(FOLDER.resolve("strokes.yaml"));
        assertThat(ExperimentConfig.defaults().toMap().keySet())
                .allSatisfy(key -> assertThat(text.lines()).anyMatch(line -> line.startsWith(key + ": ")));
    }

    @Test
    void thePapersSettingIsThePapers() {
        ExperimentConfig config = read("fedsparsify-fashion-mnist.yaml");

        assertThat(config.toMap())
                .containsEntry("dataset", "fashion-mnist")
                .containsEntry("model", "mlp")
                .containsEntry("method", "fedsparsify-global")
                .containsEntry("clients", 10)
                .containsEntry("partition", "label-blocks:2")
                .containsEntry("rounds", 200)
                .containsEntry("epochs", 4)
                .containsEntry("batch", 32)
                .containsEntry("lr", 0.02)
                .containsEntry("momentum", 0.0)
                .containsEntry("sparsity", 0.9)
                .containsEntry("seed", 1990L);
    }

    @Test
    void theConvolutionalSettingsAreThePapers() {
        assertThat(read("fedsparsify-cifar10.yaml").toMap())
                .containsEntry("model", "cnn-cifar10")
                .containsEntry("partition", "label-blocks:5")
                .containsEntry("rounds", 200)
                .containsEntry("epochs", 4)
                .containsEntry("batch", 32)
                .containsEntry("lr", 0.005)
                .containsEntry("momentum", 0.75)
                .containsEntry("augment", "crop-flip");
        assertThat(read("fedsparsify-cifar100.yaml").toMap())
                .containsEntry("model", "vgg16")
                .containsEntry("partition", "label-blocks:50")
                .containsEntry("rounds", 100)
                .containsEntry("batch", 128)
                .containsEntry("lr", 0.01)
                .containsEntry("momentum", 0.9);
    }

    @Test
    void theBaselineDiffersInTheMethodAlone() {
        Map<String, Object> sparse = read("fedsparsify-fashion-mnist.yaml").toMap();
        Map<String, Object> dense = read("fedavg-fashion-mnist.yaml").toMap();

        assertThat(dense).containsEntry("method", "fedavg");
        dense.forEach((key, value) -> {
            if (!key.equals("method")) {
                assertThat(sparse).containsEntry(key, value);
            }
        });
    }
}
