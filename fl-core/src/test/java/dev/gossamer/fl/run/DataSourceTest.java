package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSourceTest {

    @TempDir
    Path folder;

    @BeforeEach
    void writeCifar() throws IOException {
        byte[] records = new byte[4 * 3073];
        for (int i = 0; i < records.length; i++) {
            records[i] = (byte) (i % 3073 == 0 ? i / 3073 : 40 * (i / 3073) + i % 7);
        }
        Files.write(folder.resolve("data_batch_1.bin"), records);
        Files.write(folder.resolve("test_batch.bin"), records);
    }

    private Dataset load(String normalise) {
        return DataSource.load(
                ExperimentConfig.resolve(null, Map.of("dataset", "cifar10", "normalise", normalise)), folder);
    }

    @Test
    void anExperimentGetsTheNormalisationThatItAsksFor() {
        try (Dataset standard = load("standard");
                Dataset train = load("train");
                Dataset half = load("half")) {
            assertThat(standard.transform()).isEqualTo(train.transform()).isNotEqualTo(half.transform());
            assertThat(half.transform().shift()).containsExactly(-1f, -1f, -1f);
            assertThat(half.train().labelArray()).containsExactly(0, 1, 2, 3);
        }
    }

    @Test
    void aNormalisationThatDoesNotFitIsRefused() {
        ExperimentConfig config = ExperimentConfig.resolve(null, Map.of("normalise", "cifar"));
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> DataSource.load(config, folder))
                .withMessageContaining("normalise: cifar");
    }
}
