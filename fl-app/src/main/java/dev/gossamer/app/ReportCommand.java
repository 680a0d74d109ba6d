package dev.gossamer.app;

import dev.gossamer.app.report.RunReport;
import dev.gossamer.fl.report.RunTables;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunInUseException;
import dev.gossamer.fl.run.RunRecord;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes what {@code train} leaves at the end, for runs that did not get there, or that an earlier release made. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Writes the report of a run into its directory: report.html, plots/, metrics.csv and TensorBoard's events.",
            "train and resume do that at the end. A run that has not ended is reported as far as it got."
        },
        footer = {"", "Example: gossamer report runs/first"})
final class ReportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "DIR", description = "The run directory.")
    private Path directory = Path.of("");

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() {
        output.apply();
        RunRecord run = RunRecord.of(directory);
        Path page = RunReport.write(directory, run);
        writeTables();
        spec.commandLine().getOut().println(page);
        return ExitCode.OK;
    }

    /** A run that goes on keeps its tables itself: what another process writes into them would leave holes. */
    private void writeTables() {
        try (RunDirectory held = RunDirectory.resume(directory)) {
            RunTables.write(held.path(), RunRecord.of(directory));
        } catch (RunInUseException e) {
            if (!output.quiet()) {
                spec.commandLine().getErr().println("gossamer: the run goes on, and keeps its tables itself");
            }
        }
    }
}
