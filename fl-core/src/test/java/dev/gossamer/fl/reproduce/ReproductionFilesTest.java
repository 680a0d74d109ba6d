package dev.gossamer.fl.reproduce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.SharedData;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Partition;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.ExperimentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reproductions that come with Gossamer. */
@Tag("checkout")
class ReproductionFilesTest {

    private static final Path FOLDER = Path.of("..", "experiments", "reproduce");

    static Stream<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyScaleIsAnExperiment(Path file) {
        for (String scale : Reproduction.SCALES) {
            Reproduction reproduction = Reproduction.read(file, scale, List.of());

            assertThat(reproduction.rows()).as(scale).isNotEmpty().doesNotHaveDuplicates();
            CellStore store = new CellStore(Path.of("cells"));
            assertThat(reproduction.rows().stream().flatMap(row -> row.cells().stream()))
                    .extracting(store::directory)
                    .as("each cell has a directory of its own")
                    .doesNotHaveDuplicates();
            assertThat(reproduction.time()).isNotBlank();
            assertThat(reproduction.scaleAbout()).isNotBlank();
            assertThat(reproduction.figures()).isNotNull();
        }
    }

    /** A data set's own clients are as many as there are, and no grid can ask for others. */
    @ParameterizedTest
    @MethodSource("files")
    void theDataHasTheClientsThatAreAskedFor(Path file) {
        for (String scale : Reproduction.SCALES) {
            Reproduction.read(file, scale, List.of()).rows().stream()
                    .flatMap(row -> row.cells().stream())
                    .filter(cell -> cell.partition().equals("natural"))
                    .collect(Collectors.groupingBy(ExperimentConfig::dataset))
                    .forEach(ReproductionFilesTest::assertDealt);
        }
    }

    private static void assertDealt(String name, List<ExperimentConfig> cells) {
        try (Dataset data = DataSource.load(name, SharedData.folder(name).getParent())) {
            assertThat(cells)
                    .allSatisfy(cell -> assertThat(Partition.parse(cell.partition(), cell.seed())
                                    .assign(data, cell.clients()))
                            .hasNumberOfRows(cell.clients()));
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyPublishedValueHasItsRow(Path file) {
        Reproduction full = Reproduction.read(file, "full", List.of());

        assertThat(full.published()).allSatisfy(published -> {
            assertThat(full.rows()).anyMatch(row -> row.matches(published.where()));
            assertThat(full.columns()).containsAll(published.values().keySet());
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void figuresShowWhatTheRowsHave(Path file) {
        for (String scale : Reproduction.SCALES) {
            Reproduction reproduction = Reproduction.read(file, scale, List.of());
            for (FigureSpec figure : reproduction.figures()) {
                assertThat(RoundCurve.isProgress(figure.x())
                                || reproduction.rows().stream()
                                        .anyMatch(row -> !row.text(figure.x()).isEmpty()))
                        .as(figure.file())
                        .isTrue();
                assertThat(figure.series())
                        .allSatisfy(key -> assertThat(reproduction.rows())
                                .anyMatch(row -> !row.text(key).isEmpty()));
            }
        }
    }
}
