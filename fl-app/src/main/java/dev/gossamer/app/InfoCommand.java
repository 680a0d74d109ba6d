package dev.gossamer.app;

import dev.gossamer.engine.Availability.Unavailable;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what a run would use: version, Java, engines, device, tuning table, data sets. */
@Command(
        name = "info",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Says what a run would use: version, Java, engines, device, tuning table, data sets.",
        footer = {"", "Example: gossamer info --backend reference"})
final class InfoCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private EngineOptions engine = new EngineOptions();

    @Mixin
    private DataOption data = new DataOption();

    @Mixin
    private Output output = new Output();

    @Override
    public void run() {
        output.apply();
        Backends.Choice choice = engine.open(engine.backendOptions());
        PrintWriter out = spec.commandLine().getOut();
        try (Backend backend = choice.backend()) {
            Table table = new Table();
            for (String line : new Main.Version().getVersion()) {
                table.row("", line);
            }
            table.row(
                    "system",
                    System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                            + System.getProperty("os.arch") + ", "
                            + Runtime.getRuntime().availableProcessors() + " processors");
            table.row("backend", backend.name() + " (" + choice.source().text() + ")");
            table.row("device", backend.device());
            for (Backends.Candidate other : Backends.candidates()) {
                if (other.availability() instanceof Unavailable why) {
                    table.row("not here", other.name() + ": " + why.reason());
                }
            }
            backend.tuning().entries().forEach((name, value) -> table.row("tuning", name + "=" + value));
            DataListCommand.found(data.folder()).forEach((name, what) -> table.row("data set", name + ": " + what));
            table.print(out);
        }
        out.flush();
    }
}
