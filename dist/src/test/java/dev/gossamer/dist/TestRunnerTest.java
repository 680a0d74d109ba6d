package dev.gossamer.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestRunnerTest {

    @TempDir
    Path folder;

    @Test
    void countsWhatPassedFailedAndWasSkippedWithItsReason() {
        ClassResult result = InJvm.run(SampleTests.Mixed.class.getName());

        assertThat(result.passed()).isEqualTo(2);
        assertThat(result.failed()).isEqualTo(1);
        assertThat(result.skipped()).isEqualTo(3);
        assertThat(result.failures())
                .singleElement()
                .asString()
                .startsWith("fails(): ")
                .contains("3");
        assertThat(result.skips())
                .containsOnly(Map.entry("Assumption failed: only at one", 2), Map.entry("not today", 1));
    }

    @Test
    void aClassThatCannotStartHasFailed() {
        ClassResult result = InJvm.run(SampleTests.BrokenSetUp.class.getName());

        assertThat(result.passed()).isZero();
        assertThat(result.failed()).isEqualTo(1);
        assertThat(result.failures()).singleElement().asString().contains("no device");
    }

    @Test
    void aClassThatIsSkippedCountsAllItsTests() {
        ClassResult result = InJvm.run(SampleTests.SkippedWhole.class.getName());

        assertThat(result.passed()).isZero();
        assertThat(result.failed()).isZero();
        assertThat(result.skipped()).isEqualTo(2);
    }

    @Test
    void aClassThatEndsItsJvmFailsAlone() throws Exception {
        ClassResult result = Child.run(SampleTests.EndsItsJvm.class.getName(), 60);

        assertThat(result.failed()).isEqualTo(1);
        assertThat(result.failures()).containsExactly("its JVM ended with exit code 7");
    }

    @Test
    void aClassThatNeverReturnsIsStopped() throws Exception {
        ClassResult result = Child.run(SampleTests.NeverReturns.class.getName(), 1);

        assertThat(result.failed()).isEqualTo(1);
        assertThat(result.failures()).containsExactly("took more than 1 s, and was stopped");
    }

    @Test
    void aJvmOfItsOwnAnswersLikeThisOne() throws Exception {
        ClassResult here = InJvm.run(SampleTests.Mixed.class.getName());
        ClassResult there = Child.run(SampleTests.Mixed.class.getName(), 60);

        assertThat(there.passed()).isEqualTo(here.passed());
        assertThat(there.failures()).isEqualTo(here.failures());
        assertThat(there.skips()).isEqualTo(here.skips());
    }

    @Test
    void resultsAreFoundAgainAndALineCutOffIsNot() throws IOException {
        Path file = folder.resolve("results.jsonl");
        Results results = new Results(file);
        ClassResult one = new ClassResult("a.OneTest", 3, 0, 1, 0.5, List.of(), Map.of("why", 1));
        results.add(one);
        Files.writeString(file, "{\"name\":\"a.Tw", StandardOpenOption.APPEND);

        Results read = new Results(file);
        assertThat(read.of("a.OneTest")).isEqualTo(one);
        assertThat(read.of("a.TwoTest")).isNull();

        ClassResult two = new ClassResult("a.TwoTest", 1, 0, 0, 0.5, List.of(), Map.of());
        read.add(two);
        assertThat(new Results(file).of("a.TwoTest")).isEqualTo(two);
    }

    @Test
    void classesBesideEachOtherEachLeaveAResult() throws IOException {
        Path file = folder.resolve("results.jsonl");
        String[] arguments = {
            "--jobs",
            "3",
            "--results",
            file.toString(),
            "ReferenceReluTest",
            "ReferenceSgdTest",
            "ReferenceAddTest",
            "ReferencePoolTest"
        };

        assertThat(TestRunner.run(arguments)).isZero();
        Results results = new Results(file);
        for (String name : Suites.classes(List.of(arguments).subList(4, arguments.length))) {
            assertThat(Objects.requireNonNull(results.of(name)).passed())
                    .as(name)
                    .isPositive();
        }
        long size = Files.size(file);
        assertThat(TestRunner.run(arguments)).isZero();
        assertThat(Files.size(file)).as("ran before").isEqualTo(size);
    }

    @Test
    void suitesHoldTheContractsOfTheirBackend() {
        assertThat(Suites.classes(List.of("cpu-vector", "CpuSpmmTest")))
                .contains("dev.gossamer.cpu.CpuSpmmTest", "dev.gossamer.cpu.CpuGemmTest")
                .doesNotHaveDuplicates()
                .allMatch(name -> name.startsWith("dev.gossamer.cpu."));
        assertThat(Suites.classes(List.of("fl-core")))
                .contains("dev.gossamer.fl.run.FederatedRoundsTest")
                .doesNotContain("dev.gossamer.fl.fetch.FetcherTest");
        assertThat(Suites.classes(List.of("FetcherTest"))).containsExactly("dev.gossamer.fl.fetch.FetcherTest");
        assertThatThrownBy(() -> Suites.classes(List.of("opencl")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("opencl", "cpu-vector", "--list");
    }

    @Test
    void wrongUseIsToldApartFromFailure() {
        assertThat(TestRunner.run("--limit", "soon", "reference")).isEqualTo(TestRunner.USAGE);
        assertThat(TestRunner.run("--jobs", "0", "reference")).isEqualTo(TestRunner.USAGE);
        assertThat(TestRunner.run("--here", "--jobs", "2", "reference")).isEqualTo(TestRunner.USAGE);
        assertThat(TestRunner.run("--fast", "reference")).isEqualTo(TestRunner.USAGE);
        assertThat(TestRunner.run()).isEqualTo(TestRunner.USAGE);
        assertThat(TestRunner.run("--here", "MathsTest")).isEqualTo(TestRunner.USAGE);
    }
}
