package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class DownloadProgressTest {

    private static String lines(long... doneAndTotal) {
        StringWriter err = new StringWriter();
        try (DownloadProgress progress = DownloadProgress.of(false, false, new PrintWriter(err))) {
            for (int i = 0; i < doneAndTotal.length; i += 2) {
                progress.progress("a.gz", doneAndTotal[i], doneAndTotal[i + 1]);
            }
        }
        return err.toString();
    }

    @Test
    void logsGetALineForEachTenth() {
        assertThat(lines(
                                50_000, 1_000_000, 90_000, 1_000_000, 110_000, 1_000_000, 120_000, 1_000_000, 1_000_000,
                                1_000_000)
                        .lines())
                .containsExactly("a.gz  50.0 kB of 1.00 MB", "a.gz  110.0 kB of 1.00 MB", "a.gz  1.00 MB of 1.00 MB");
    }

    @Test
    void ofUnknownLengthALineForEachHundredMegabytes() {
        assertThat(lines(1_000, -1, 99_000_000, -1, 101_000_000, -1).lines())
                .containsExactly("a.gz  1.0 kB", "a.gz  101.00 MB");
    }
}
