package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ShellTest {

    @Test
    void whatNeedsNoQuotesHasNone() {
        assertThat(Shell.command(List.of("gossamer", "resume", "runs/rün-2", "--data", "s3a://bucket/x=1")))
                .isEqualTo("gossamer resume runs/rün-2 --data s3a://bucket/x=1");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "takes a POSIX shell")
    void aShellReadsEachWordAsItWas() throws Exception {
        List<String> words =
                List.of("plain", "", "my runs/a b", "it's", "''", "$HOME", "*", "~", "a;b&c|d", "\"x\"", "back\\slash");
        Process shell = new ProcessBuilder("sh", "-c", "printf '%s\\n' " + Shell.command(words)).start();

        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines())
                .containsExactlyElementsOf(words);
        assertThat(shell.waitFor()).isZero();
    }
}
