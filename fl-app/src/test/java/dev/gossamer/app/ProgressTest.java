package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.method.Traffic;
import dev.gossamer.fl.run.RoundMetrics;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private static RoundMetrics round(int round) {
        return round(round, List.of());
    }

    private static RoundMetrics round(int round, List<Traffic.Refusal> refused) {
        return new RoundMetrics(
                round,
                2,
                0.875,
                0.25,
                0.5,
                0.9,
                11_829,
                Map.of(),
                0,
                1,
                1,
                0,
                0,
                0,
                2_000_000,
                1_500,
                3,
                2,
                1,
                refused,
                List.of(0, 1),
                1,
                0,
                0,
                0,
                1.5);
    }

    @Test
    void aLogGetsALineForEachRound() {
        StringWriter err = new StringWriter();
        try (Progress progress = Progress.of(false, false, 2, new PrintWriter(err))) {
            progress.roundDone(round(1));
            progress.roundDone(round(2, List.of(new Traffic.Refusal(1, "it is damaged"))));
        }

        assertThat(err.toString().lines())
                .containsExactly(
                        "round   1/2  accuracy 0.8750  loss 0.2500  sparsity 0.9000  nonzero 11,829"
                                + "  sent 1.5 kB up, 2.00 MB down  1.5 s",
                        "round   2/2  accuracy 0.8750  loss 0.2500  sparsity 0.9000  nonzero 11,829"
                                + "  sent 1.5 kB up, 2.00 MB down  1.5 s",
                        "round   2    client 1 refused: it is damaged");
    }

    @Test
    void quietIsNothing() {
        StringWriter err = new StringWriter();
        try (Progress progress = Progress.of(true, true, 2, new PrintWriter(err))) {
            progress.roundDone(round(1));
        }

        assertThat(err.toString()).isEmpty();
    }

    @Test
    void aTerminalGetsABarThatLeavesTheSignalsAlone() throws Exception {
        String drawn = drawnBar(2);

        assertThat(drawn).contains("\r").contains("2/2", "/ 0:00:00)", "accuracy 0.8750 sparsity 0.9000 4.00 MB");
        assertThat(drawn).endsWith(System.lineSeparator());
        // The library's terminal resets the handler of SIGINT, and Ctrl-C would then end a run without a word.
        Field terminal = Class.forName("me.tongfei.progressbar.TerminalUtils").getDeclaredField("terminal");
        terminal.setAccessible(true);
        assertThat(terminal.get(null)).isNull();
    }

    @Test
    void aClosedLineIsNotDrawnAgain() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Progress.Line line = new Progress.Line(new PrintStream(bytes, true, StandardCharsets.UTF_8), 20);
        line.accept("half");
        line.close();
        line.accept("late");
        line.close();

        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("\rhalf" + System.lineSeparator());
    }

    @Test
    void theBarExpectsOfTheRestWhatTheLatestRoundsTook() {
        assertThat(drawnBar(1)).contains("1/2", "/ 0:00:01)", "2.00 MB"); // a round of 1.5 s is left
    }

    @Test
    void aTerminalGetsTheRefusedClientsAboveTheBar() {
        List<Traffic.Refusal> refused =
                List.of(new Traffic.Refusal(1, "it is damaged"), new Traffic.Refusal(7, "it is late"));

        assertThat(drawnBar(1, refused).lines().map(line -> line.substring(line.lastIndexOf('\r') + 1)))
                .anyMatch(line -> line.startsWith("round   1    client 1 refused: it is damaged"))
                .anyMatch(line -> line.startsWith("round   1    client 7 refused: it is late"))
                .last(InstanceOfAssertFactories.STRING)
                .contains("1/2");
    }

    @Test
    void aLineAboveCoversAllOfTheBarAndTheBarIsDrawnBelow() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Progress.Line line = new Progress.Line(new PrintStream(bytes, true, StandardCharsets.UTF_8), 8);
        line.accept("the bar ");
        line.above("said");

        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .isEqualTo("\rthe bar " + "\rsaid    " + System.lineSeparator() + "\rthe bar ");
    }

    @Test
    void theLogIsWrittenAboveABarAndOtherwiseToStandardError() {
        System.Logger log = System.getLogger("dev.gossamer.app.ProgressTest");
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        System.setErr(err);
        try {
            Progress.Line line = new Progress.Line(err, 8);
            line.accept("the bar ");
            log.log(System.Logger.Level.WARNING, "two\nlines");
            line.close();
            log.log(System.Logger.Level.WARNING, "after");
        } finally {
            System.setErr(before);
        }

        String end = System.lineSeparator();
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .matches("\rthe bar \r\\S+ WARN {2}two" + end + "\rthe bar \rlines {3}" + end + "\rthe bar " + end
                        + "\\S+ WARN {2}after" + end);
    }

    private static String drawnBar(int rounds) {
        return drawnBar(rounds, List.of());
    }

    private static String drawnBar(int rounds, List<Traffic.Refusal> refused) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try (Progress progress = Progress.of(false, true, 2, new PrintWriter(new StringWriter()))) {
            for (int round = 1; round <= rounds; round++) {
                progress.roundDone(round(round, refused));
            }
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
