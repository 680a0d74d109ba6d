package dev.gossamer.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive, unpacked into a folder with spaces in its name, on a machine that has no Java and an empty environment. */
class ArchiveIT {

    /** All that the archive's scripts may ask of a machine. */
    private static final List<String> TOOLS = List.of(
            "sh",
            "bash",
            "python3",
            "tar",
            "xz",
            "sed",
            "env",
            "dirname",
            "basename",
            "readlink",
            "cat",
            "date",
            "head",
            "ls",
            "mkdir",
            "nproc",
            "rm",
            "sleep",
            "tail",
            "timeout",
            "touch",
            "tr");

    @TempDir
    static Path folder;

    private static Path home;
    private static Path tools;

    /** What a process said, with what it is worth. */
    private record Outcome(int code, String out, String err) {}

    @BeforeAll
    static void unpack() throws IOException, InterruptedException {
        tools = Files.createDirectory(folder.resolve("tools"));
        for (String tool : TOOLS) {
            Optional<Path> found = find(tool);
            if (found.isPresent()) {
                Files.createSymbolicLink(tools.resolve(tool), found.get());
            }
        }
        Path archive = Path.of(System.getProperty("gossamer.archive"));
        Path to = Files.createDirectory(folder.resolve("a folder with spaces"));
        Outcome unpacked = Files.exists(tools.resolve("xz"))
                ? run(to, "tar", "xf", archive.toString())
                : run(
                        to,
                        "python3",
                        "-c",
                        "import sys,tarfile;tarfile.open(sys.argv[1]).extractall(filter='tar')",
                        archive.toString());
        assertThat(unpacked.code).as(unpacked.err).isZero();
        try (Stream<Path> entries = Files.list(to)) {
            home = entries.toList().getFirst();
        }
    }

    private static Optional<Path> find(String tool) throws IOException {
        for (String place : System.getenv("PATH").split(File.pathSeparator, -1)) {
            Path file = Path.of(place, tool);
            if (Files.isExecutable(file)) {
                return Optional.of(file.toRealPath());
            }
        }
        return Optional.empty();
    }

    private static Outcome run(Path in, String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        List<String> words = new ArrayList<>(List.of(command));
        if (!words.getFirst().startsWith("/")) {
            words.set(0, tools.resolve(words.getFirst()).toString());
        }
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", tools.toString());
        int code = builder.start().waitFor();
        return new Outcome(code, Files.readString(out), Files.readString(err));
    }

    private static Outcome archive(String command, String... arguments) throws IOException, InterruptedException {
        List<String> words =
                new ArrayList<>(List.of(home.resolve("bin").resolve(command).toString()));
        words.addAll(List.of(arguments));
        return run(folder, words.toArray(String[]::new));
    }

    @Test
    void itSaysWhatItIs() throws Exception {
        Outcome version = archive("gossamer", "--version");

        assertThat(version.code).as(version.err).isZero();
        assertThat(version.out).startsWith("gossamer 0.").contains("Java 25.");
        assertThat(Files.readString(home.resolve("VERSION"))).contains("version=0.", "commit=");
    }

    @Test
    void itListsItsBackends() throws Exception {
        Outcome backends = archive("gossamer", "backends");

        assertThat(backends.code).as(backends.err).isZero();
        assertThat(backends.out)
                .containsPattern("cpu-vector +available")
                .containsPattern("reference +available")
                .contains("cuda");
    }

    @Test
    void itTrains() throws Exception {
        Path run = folder.resolve("first run");
        Outcome train = archive("gossamer", "train", "--rounds", "2", "--epochs", "1", "--out", run.toString());

        assertThat(train.code).as(train.err).isZero();
        assertThat(train.out).contains("accuracy", "11,829 of 118,282");
        assertThat(Files.readString(run.resolve("manifest.json")))
                .containsPattern("\"commit\" *: *\"[0-9a-f]{40}\\+?\"");
    }

    @Test
    void itTrainsAnExperimentOfItsOwn() throws Exception {
        Outcome train = archive(
                "gossamer",
                "-Dgossamer.backend=cpu-vector",
                "train",
                home.resolve("experiments/strokes.yaml").toString(),
                "--rounds",
                "1",
                "--epochs",
                "1",
                "--json");

        assertThat(train.code).as(train.err).isZero();
        assertThat(train.out).startsWith("{").contains("cpu-vector");
    }

    @Test
    void itProvesItsBackends() throws Exception {
        Path results = folder.resolve("contracts.jsonl");
        String[] arguments = {
            "-Dgossamer.test.require=cpu-vector,reference",
            "--results",
            results.toString(),
            // A minute of warming up, for what the build of its module has shown.
            "--without",
            "dev.gossamer.cpu.StepAllocationTest",
            "cpu-vector",
            "reference"
        };
        Outcome contracts = archive("contracts", arguments);

        assertThat(contracts.code).as(contracts.out + contracts.err).isZero();
        assertThat(contracts.out).containsPattern("[1-9][0-9]{2,} passed, 0 failed");
        assertThat(Files.readString(results)).contains("CpuSpmmTest", "ReferenceSpmmTest");

        Outcome again = archive("contracts", arguments);
        assertThat(again.out.lines().filter(line -> line.endsWith("(ran before)")))
                .hasSameSizeAs(Files.readAllLines(results));
    }

    @Test
    void itsCheckOfAGpuRefusesClearlyWhereThereIsNone() throws Exception {
        assumeTrue(archive("gossamer", "backends").out.lines().noneMatch(line -> line.matches("cuda +available.*")));
        Path out = folder.resolve("no gpu");

        Outcome check = archive("check-gpu", "--out", out.toString());

        assertThat(check.code).as(check.err).isEqualTo(1);
        assertThat(check.out).contains("Backend cuda cannot run here: ").containsPattern("contracts +failed");
        assertThat(Files.readString(out.resolve("check-gpu.json"))).contains("\"status\": \"failed\"", "\"commit\"");
    }

    @Test
    void itsCheckKeepsWhatItHasAndGoesOn() throws Exception {
        String[] arguments = {
            "--rehearse",
            "reference",
            "--quick",
            "--out",
            folder.resolve("rehearsal").toString(),
            "contracts"
        };
        String[] stopped =
                Stream.concat(Stream.of("--limit", "1"), Stream.of(arguments)).toArray(String[]::new);

        Outcome first = archive("check-gpu", stopped);
        assertThat(first.code).as(first.out + first.err).isEqualTo(1);
        assertThat(first.out).containsPattern("contracts +incomplete").contains("stopped after 1 s");

        Outcome second = archive("check-gpu", arguments);
        assertThat(second.code).as(second.out + second.err).isZero();
        assertThat(second.out).contains("REHEARSAL on reference").containsPattern("contracts +passed");

        Outcome third = archive("check-gpu", arguments);
        assertThat(third.out).contains("contracts: done before");
        assertThat(archive("check-gpu", "--out", folder.resolve("rehearsal").toString()).err)
                .contains("are of another backend and rehearsal and quick");
    }

    /** The run is stopped on the way, and goes on where it was. There is no counter of energy without a GPU. */
    @Test
    void itsCheckRunsAWholeSettingInPieces() throws Exception {
        Path out = folder.resolve("whole");
        String[] arguments = {"--rehearse", "cpu-vector", "--out", out.toString(), "cifar10"};
        String[] stopped =
                Stream.concat(Stream.of("--limit", "3"), Stream.of(arguments)).toArray(String[]::new);

        Outcome first = archive("check-gpu", stopped);
        assertThat(first.code).as(first.out + first.err).isEqualTo(1);
        assertThat(first.out).containsPattern("cifar10 +incomplete");
        Path metrics = out.resolve("cifar10/run/metrics.jsonl");
        // A busy machine may not get as far as its first round.
        long rounds = Files.exists(metrics) ? Files.readAllLines(metrics).size() : 0;
        assertThat(first.out.contains("run, stopped after round " + rounds + "  rounds=" + rounds))
                .as(first.out)
                .isEqualTo(rounds > 0);

        Outcome second = archive("check-gpu", arguments);
        assertThat(second.code).as(second.out + second.err).isZero();
        assertThat(second.out)
                .containsPattern("passed   run  rounds=20 .*non_zero=11829 .*energy=none  why=libnvidia-ml");
        assertThat(Files.readAllLines(out.resolve("cifar10/pieces.jsonl"))).hasSize(2);
        assertThat(Files.readAllLines(out.resolve("cifar10/run/metrics.csv"))).hasSize(21);
    }

    /** The tool needs a GPU, so that what it prints is played here. */
    @Test
    void itsCheckReadsTheCountsOfComputeSanitizer() throws Exception {
        Path tool = tools.resolve("compute-sanitizer");
        Path out = folder.resolve("sanitized");
        String[] arguments = {"--rehearse", "reference", "--quick", "--fresh", "--out", out.toString(), "sanitizer"};
        try {
            play(tool, "ERROR SUMMARY: 0 errors", "RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)");
            Outcome clean = archive("check-gpu", arguments);
            assertThat(clean.code).as(clean.out + clean.err).isZero();
            assertThat(clean.out).contains("passed   memcheck CudaReluTest", "passed   racecheck CudaSelectionTest");

            play(tool, "ERROR SUMMARY: 0 errors", "RACECHECK SUMMARY: 2 hazards displayed (2 errors, 0 warnings)");
            Outcome racy = archive("check-gpu", arguments);
            assertThat(racy.code).isEqualTo(1);
            assertThat(racy.out).contains("passed   memcheck", "failed   racecheck CudaSelectionTest  errors=2");

            play(tool, "Internal error", "Internal error");
            assertThat(archive("check-gpu", arguments).out).contains("failed   memcheck CudaReluTest", "no summary in");
        } finally {
            Files.deleteIfExists(tool);
        }
    }

    private static void play(Path tool, String memcheck, String racecheck) throws IOException {
        String script = """
                #!/bin/sh
                summary='%s'
                [ "$2" = memcheck ] || summary='%s'
                while [ "$1" != --log-file ]; do shift; done
                echo "========= $summary" >"$2"
                echo '3 passed, 0 failed, 0 skipped'
                """.formatted(memcheck, racecheck);
        Files.writeString(tool, script);
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void itsCheckTimesModels() throws Exception {
        Outcome check = archive(
                "check-gpu",
                "--rehearse",
                "cpu-vector",
                "--out",
                folder.resolve("timed").toString(),
                "steps");

        assertThat(check.code).as(check.out + check.err).isZero();
        assertThat(check.out)
                .containsPattern("step mlp b8 density 0.05  ours_us=[0-9.]+")
                .containsPattern("infer mlp b1 density 0.05  ours_us=[0-9.]+")
                .containsPattern("clients 2: mlp b32 density 0.05  steps_per_s=[0-9]+");
    }

    /** Without data a rehearsal makes two matrices up; one of them is multiplied by a single column. */
    @Test
    void itsCheckTimesProductsOfDlmc() throws Exception {
        Path out = folder.resolve("products");

        Outcome check = archive("check-gpu", "--rehearse", "cpu-vector", "--quick", "--out", out.toString(), "dlmc");

        assertThat(check.code).as(check.out + check.err).isZero();
        assertThat(check.out)
                .containsPattern("spmm rehearsal/made_up/0.8/wide, 1 columns  ours_us=[0-9.]+ .*calls=24  copies=8")
                .containsPattern("sddmm rehearsal/made_up/0.95/tall, 1024 columns  ours_us=[0-9.]+")
                .doesNotContain("failed");
        assertThat(Files.readAllLines(out.resolve("dlmc/results.jsonl"))).hasSize(1 + 2 * 2 * 5);
    }

    /** The profiler needs a GPU as well; of five steps the last one counts, in which the kernel sgd runs twice. */
    @Test
    void itsKernelTimesReadTheTableOfAProfiler() throws Exception {
        Path tool = tools.resolve("ncu");
        try {
            Files.writeString(tool, """
                    #!/bin/sh
                    while [ "$1" != --log-file ]; do shift; done
                    {
                        echo '==PROF== Connected to process 1'
                        echo '"ID","Kernel Name","Block Size","Grid Size","Metric Name","Metric Unit","Metric Value"'
                        for step in 1 2 3 4 5; do
                            for kernel in 'batch(int)' 'void dense<(bool)0>(float *)' 'sgd(float *)' 'sgd(float *)'; do
                                echo "\\"1\\",\\"$kernel\\",\\"1\\",\\"2\\",\\"gpu__time_duration.sum\\",\\"ns\\",\\"1,${step}00\\""
                            done
                        done
                    } >"$2"
                    """);
            Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));

            Outcome times = run(folder, home.resolve("gpu/kernel_times.sh").toString(), "mlp", "32", "0.05");

            assertThat(times.code).as(times.err).isZero();
            assertThat(times.out)
                    .containsPattern("3.00 +50.0% +2 +1.50  sgd")
                    .containsPattern("1.50 +25.0% +1 +1.50  void dense<\\(bool\\)0>\n")
                    .containsPattern("6.00 +100.0% +4 +1.50  all of a step");
        } finally {
            Files.deleteIfExists(tool);
        }
    }

    @Test
    void itMeasures() throws Exception {
        Outcome benchmark = archive(
                "benchmarks",
                "SpmvBenchmark.engine$",
                "-p",
                "backend=cpu-vector",
                "-f",
                "1",
                "-wi",
                "0",
                "-i",
                "1",
                "-r",
                "100ms",
                "-foe",
                "true");

        assertThat(benchmark.code).as(benchmark.out + benchmark.err).isZero();
        assertThat(benchmark.out)
                .contains("# peers     oneMKL could not be loaded")
                .containsPattern("SpmvBenchmark.engine ");
    }
}
