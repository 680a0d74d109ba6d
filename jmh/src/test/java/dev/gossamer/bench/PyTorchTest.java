package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The protocol, with shell scripts in place of the interpreter. */
@DisabledOnOs(OS.WINDOWS)
class PyTorchTest {

    @TempDir
    private Path folder;

    private String interpreter(String... lines) throws IOException {
        Path script = folder.resolve("python");
        Files.writeString(script, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(
                script, Set.copyOf(java.nio.file.attribute.PosixFilePermissions.fromString("rwx------")));
        return script.toString();
    }

    private static final TopKProblem PROBLEM = new TopKProblem(100, 0.1, 42);

    /** Answers everything, and notes the requests. */
    private String willing(Path log) throws IOException {
        return interpreter(
                "echo '{\"version\": \"9.9\", \"capability\": \"AVX9\"}'",
                "while read -r line; do",
                "  echo \"$line\" >> '" + log + "'",
                "  case $line in",
                "    *'\"open\"'*) echo '{\"id\": 3}';;",
                "    *'\"stream\"'*) echo '{\"latencies\": [12, 34.5]}';;",
                "    *'\"run\"'*) echo '{\"nanos\": 1234.5}';;",
                "    *'\"result\"'*) file=${line#*'\"file\":\"'}; printf '\\000\\000\\200\\077' > \"${file%%'\"'*}\"",
                "       echo '{\"count\": 1}';;",
                "    *) echo '{}';;",
                "  esac",
                "done");
    }

    @Test
    void timesAreThoseOfTheOtherProcess() throws Exception {
        Path log = folder.resolve("log");
        try (PyTorch torch = PyTorch.start(willing(log))) {
            assertThat(torch.version()).isEqualTo("PyTorch 9.9 (AVX9)");
            try (Contender contender = torch.topK(PROBLEM, "kthvalue", 1)) {
                assertThat(contender.nanos(7)).isEqualTo(1234.5);
                assertThat(contender.result()).containsExactly(1f);
            }
        }
        List<String> requests = Files.readAllLines(log);
        assertThat(requests.get(0))
                .contains(
                        "\"do\":\"open\"",
                        "\"kind\":\"topk\"",
                        "\"call\":\"kthvalue\"",
                        "\"count\":100",
                        "\"keep\":10");
        assertThat(requests.get(1)).contains("\"runs\":7", "\"threads\":1", "\"id\":3");
        assertThat(requests.getLast()).contains("\"do\":\"close\"");
    }

    /** Or each step of the peer pays for fresh pages. */
    @Test
    void theOtherProcessKeepsItsMemory() throws Exception {
        String told = interpreter(
                "echo '{\"version\": \"'$MALLOC_MMAP_MAX_'\", \"capability\": \"'$MALLOC_TRIM_THRESHOLD_'\"}'",
                "while read -r line; do echo '{}'; done");
        try (PyTorch torch = PyTorch.start(told)) {
            assertThat(torch.version()).isEqualTo("PyTorch 0 (-1)");
        }
    }

    /** One request for all of it: a pipe between two batches would be a pause that engines in this process do not have. */
    @Test
    void aStreamOfRunsIsOneRequest() throws Exception {
        Path log = folder.resolve("log");
        try (PyTorch torch = PyTorch.start(willing(log));
                Contender contender = torch.topK(PROBLEM, "topk", 2)) {
            assertThat(contender.latencies(3e6)).containsExactly(12, 34.5);
            assertThat(contender.latencies(-1)).containsExactly(12, 34.5);
        }
        assertThat(Files.readAllLines(log))
                .filteredOn(request -> request.contains("\"stream\""))
                .hasSize(2)
                .allMatch(request -> request.contains("\"threads\":2"))
                .noneMatch(request -> request.contains("\"nanos\":-"));
    }

    @Test
    void wrongAnswersAreFound() throws Exception {
        try (PyTorch torch = PyTorch.start(willing(folder.resolve("log")));
                Contender contender = torch.topK(PROBLEM, "topk", 1)) {
            assertThatThrownBy(() -> PROBLEM.verify("PyTorch", contender))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("PyTorch");
        }
    }

    @Test
    void missingPyTorchKeepsItsReason() throws IOException {
        String without = interpreter("echo '{\"error\": \"No module named torch\"}'");
        assertThatThrownBy(() -> PyTorch.start(without))
                .isInstanceOf(MissingPeerException.class)
                .hasMessageContaining("No module named torch")
                .hasMessageContaining(PyTorch.PYTHON_VARIABLE);
        String silent = interpreter("exit 3");
        assertThatThrownBy(() -> PyTorch.start(silent)).isInstanceOf(MissingPeerException.class);
        String chatty = interpreter("echo hello");
        assertThatThrownBy(() -> PyTorch.start(chatty))
                .isInstanceOf(MissingPeerException.class)
                .hasMessageContaining("hello");
        assertThatThrownBy(() -> PyTorch.start(folder.resolve("absent").toString()))
                .isInstanceOf(MissingPeerException.class)
                .hasMessageContaining("absent");
    }

    @Test
    void failureOverThereIsOurs() throws Exception {
        String failing = interpreter(
                "echo '{\"version\": \"9.9\"}'", "read -r line", "echo '{\"error\": \"RuntimeError: out of memory\"}'");
        try (PyTorch torch = PyTorch.start(failing)) {
            assertThatThrownBy(() -> torch.topK(PROBLEM, "topk", 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("out of memory");
        }
    }
}
