package dev.gossamer.app;

import dev.gossamer.fl.run.RunResult;
import java.nio.file.Path;

/** A finished run for people: the content of {@code result.json} that they look for first. */
final class ResultTable {

    private ResultTable() {}

    static Table of(RunResult result, Path directory) {
        Table table = new Table();
        table.row("method", result.method());
        table.row("data set", result.dataset() + ", " + result.partition());
        table.row("model", result.model());
        table.row("clients", Text.of("%d", result.clients()));
        table.row("rounds", Text.of("%d", result.rounds()));
        table.row("backend", result.backend() + " (" + result.backendSource() + ")");
        table.row("accuracy", accuracy(result));
        table.row(
                "parameters",
                Text.of(
                        "%,d of %,d are left: sparsity %.4f",
                        result.nonZeroParameters(), result.parameters(), result.sparsity()));
        table.row(
                "sent",
                Text.of("%s up, %s down, as encoded", Text.bytes(result.bytesUp()), Text.bytes(result.bytesDown())));
        table.row(
                "communication",
                Text.of("%,d million parameters, as the paper counts", result.communicationPaperMillions()));
        table.row(
                "time",
                Text.of("%.1f s, of which clients trained %.1f s", result.wallSeconds(), result.trainSeconds()));
        table.row("run directory", directory.toString());
        return table;
    }

    private static String accuracy(RunResult result) {
        return result.accuracyRounds() == 1
                ? Text.of("%.4f", result.lastAccuracy())
                : Text.of(
                        "%.4f after the last round, %.4f on average over the last %d",
                        result.lastAccuracy(), result.accuracy(), result.accuracyRounds());
    }
}
