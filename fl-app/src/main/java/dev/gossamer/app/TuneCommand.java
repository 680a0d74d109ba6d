package dev.gossamer.app;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures which tuning table suits this machine, and writes it to a file. */
@Command(
        name = "tune",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Measures which tuning table suits this machine, and writes it to a file for --tuning.",
            "Leave the machine alone meanwhile. Runs use the committed table unless they are given another: with another"
                    + " table the last bits of results may differ."
        },
        footer = {"", "Example: gossamer tune --rounds 40 --out this-machine.properties"})
final class TuneCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private EngineOptions engine = new EngineOptions();

    @Mixin
    private Output output = new Output();

    @Option(
            names = "--out",
            paramLabel = "FILE",
            defaultValue = "gossamer-tuning.properties",
            description = "Where the table goes; default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("");

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "40",
            description = "Turns that each value gets; default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Override
    public void run() {
        output.apply();
        if (rounds < 1) {
            throw new UsageException("--rounds is " + rounds + ", but must be a whole number of at least 1");
        }
        OutputFile.check(out);
        requireReplaceable();
        BackendOptions options = engine.backendOptions();
        String name;
        String device;
        try (Backend opened = engine.open(options).backend()) {
            name = opened.name();
            device = opened.device();
            if (opened.tunable().isEmpty()) {
                throw new UsageException(
                        "The backend " + name + " has nothing to tune; choose another by --backend NAME");
            }
        }
        Table table = new Table();
        table.row("entry", "value", "time", "");
        TuningTable found = new Tuner(name, options, rounds, trial -> add(table, trial)).run();
        PrintWriter to = spec.commandLine().getOut();
        table.print(to);
        to.println();
        to.flush();
        store(found, name, device);
        to.println("Written to " + out + ". Use it with  "
                + Shell.command(List.of("gossamer", "train", "--tuning", out.toString())));
        to.flush();
    }

    /** What is there already is an earlier table, or it is left alone. */
    private void requireReplaceable() {
        if (!Files.exists(out)) {
            return;
        }
        try {
            TuningTable.load(out);
        } catch (IOException | IllegalArgumentException e) {
            throw new UsageException(
                    "--out is " + out + ", which is there already and no tuning table; give another file", e);
        }
    }

    private static void add(Table table, Tuner.Trial trial) {
        table.row(
                trial.entry(),
                String.valueOf(trial.value()),
                String.format(Locale.ROOT, "%.2f", trial.relative()),
                trial.chosen() ? "<- chosen" : "");
    }

    private void store(TuningTable found, String name, String device) {
        try {
            found.store(out, "Backend " + name + " on " + device + ", measured by gossamer tune");
        } catch (IOException e) {
            throw new UncheckedIOException("The table could not be written to " + out + ": " + FileReason.of(e), e);
        }
    }
}
