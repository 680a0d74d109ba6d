package dev.gossamer.bench.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.bench.results.Measured.Interval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFileTest {

    private static final String JMH = """
            [{"benchmark": "dev.gossamer.bench.SpmmBenchmark.engine", "mode": "avgt", "threads": 1,
              "params": {"shape": "128x784", "density": "0.1", "batch": "32"},
              "primaryMetric": {"score": 10.0, "scoreError": %s, "scoreUnit": "us/op"},
              "secondaryMetrics": {"GF/s": {"score": 64.0}, "GB/s": {"score": 16.0}}}]
            """;

    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void readsJmh() throws IOException {
        Path file = write("a.json", JMH.formatted("0.5"));
        ResultFile.addMachine(file, Map.of("cpu", "Z80", "cores", 1));
        ResultFile read = ResultFile.read(file);
        assertThat(read.machine()).containsEntry("cpu", "Z80").containsEntry("cores", "1");
        assertThat(read.results()).singleElement().satisfies(result -> {
            assertThat(result.benchmark()).isEqualTo("SpmmBenchmark.engine");
            assertThat(result.params()).containsEntry("density", "0.1");
            assertThat(result.value()).isEqualTo(10);
            assertThat(result.interval()).isEqualTo(new Interval(9.5, 10.5));
            assertThat(result.moreIsBetter()).isFalse();
            assertThat(result.gflops()).isEqualTo(64);
            assertThat(result.flopsPerByte()).isEqualTo(4);
        });
    }

    @Test
    void severalThreadsAreAnotherResult() throws IOException {
        ResultFile one = ResultFile.read(write("one.json", JMH.formatted("0.5")));
        ResultFile two =
                ResultFile.read(write("two.json", JMH.formatted("0.5").replace("\"threads\": 1", "\"threads\": 2")));
        assertThat(two.results().getFirst().name()).contains("threads=2");
        assertThat(Comparison.of(one, two).pairs()).isEmpty();
    }

    @Test
    void errorThatJmhDoesNotKnowIsUnknown() throws IOException {
        Interval interval = ResultFile.read(write("a.json", JMH.formatted("\"NaN\"")))
                .results()
                .getFirst()
                .interval();
        assertThat(interval.low()).isNaN();
        assertThat(interval.overlaps(new Interval(1000, 1001))).isTrue();
    }

    @Test
    void rowsComeBackWithErrorsAndMachineFromBeside() {
        Path file = folder.resolve("quick.json");
        Row row = new Row("spmm", 60, "GF/s", "oneMKL", 30.0, 2.0, 1.5, 0.6);
        Measured sure = new Measured(row, new Interval(59, 61), new Interval(1.9, 2.1), 8.0);
        Measured mean =
                new Measured(Row.alone("mean", 1, "GB/s", null), new Interval(Double.NaN, Double.NaN), null, null);
        ResultFile.write(file, List.of(sure, mean), Map.of("cpu", "Z80"));
        ResultFile read = ResultFile.read(file);
        assertThat(read.machine()).containsEntry("cpu", "Z80");
        assertThat(read.results()).hasSize(2);
        assertThat(read.results().get(0).interval()).isEqualTo(new Interval(59, 61));
        assertThat(read.results().get(0).gflops()).isEqualTo(60);
        assertThat(read.results().get(0).flopsPerByte()).isEqualTo(8);
        assertThat(read.results().get(1).interval().low()).isNaN();
        assertThat(read.results().get(1).gflops()).isNull();
    }

    @Test
    void rowsHaveTheirKeysAndNoOthers() {
        Path file = folder.resolve("quick.json");
        Row row = new Row("spmm", 60, "GF/s", "oneMKL", 30.0, 2.0, 1.5, 0.6);
        ResultFile.write(file, List.of(new Measured(row, new Interval(59, 61), null, null)), Map.of());
        assertThat(Json.read(file).get(0).propertyNames())
                .containsExactly("name", "value", "unit", "peer", "peerValue", "ratio", "target", "limitShare");
    }

    @Test
    void refusesOtherFiles() throws IOException {
        Path object = write("object.json", "{}");
        Path other = write("other.json", "[{\"some\": 1}]");
        Path text = write("text.json", "hello");
        for (Path file : List.of(object, other, text, folder.resolve("missing.json"))) {
            assertThatThrownBy(() -> ResultFile.read(file))
                    .isInstanceOf(ResultException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    @Test
    void rowNeedsRatioAndTargetOrNeither() {
        assertThatThrownBy(() -> new Row("a", 1, "GF/s", "peer", 1.0, 1.0, null, null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Row("a", 1, "GF/s", null, null, 1.0, 1.0, null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Row("a", Double.NaN, "GF/s", null, null, null, null, null))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
