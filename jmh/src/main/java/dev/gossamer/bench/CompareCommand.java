package dev.gossamer.bench;

import dev.gossamer.bench.results.Comparison;
import dev.gossamer.bench.results.ResultException;
import dev.gossamer.bench.results.ResultFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench compare}. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = {
            "Compares two files of results: speed of the new over the base, both with their errors.",
            "Where the intervals overlap it says \"unclear\", and \"no interval\" where a figure has none, as limits of the machine."
                    + " Exit code 1 if something is slower by more than the threshold and that is clear.",
            "What only one of the files has is listed and not judged."
        },
        footer = {"", "Example: gossamer bench compare base.json now.json --threshold 10%%"})
final class CompareCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "base.json", description = "What --json or -rf json wrote before.")
    private Path base = Path.of("");

    @Parameters(index = "1", paramLabel = "new.json", description = "The same, now.")
    private Path fresh = Path.of("");

    @Option(
            names = "--threshold",
            paramLabel = "PART",
            defaultValue = "10%",
            description = {"Loss of speed that is accepted, as 0.1 or 10%%.", "Default: ${DEFAULT-VALUE}"})
    private String threshold = "10%";

    @Override
    public Integer call() {
        double part = part(threshold);
        Comparison comparison = Comparison.of(ResultFile.read(base), ResultFile.read(fresh));
        System.out.print(comparison.text(part));
        if (comparison.pairs().isEmpty()) {
            throw new ResultException(base + " and " + fresh + " have no result in common");
        }
        return comparison.isWorse(part) ? 1 : 0;
    }

    static double part(String text) {
        boolean percent = text.endsWith("%");
        try {
            double number = Double.parseDouble(percent ? text.substring(0, text.length() - 1) : text);
            double part = percent ? number / 100 : number;
            if (part >= 0 && part < 1) {
                return part;
            }
        } catch (NumberFormatException e) {
            throw wrong(text, e);
        }
        throw wrong(text, null);
    }

    private static IllegalArgumentException wrong(String text, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "--threshold is a part of the speed from 0 to below 1, as 0.1 or 10%; got '" + text + "'", cause);
    }
}
