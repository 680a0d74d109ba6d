package dev.gossamer.app;

import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.MissingDataException;
import dev.gossamer.fl.data.Strokes;
import dev.gossamer.fl.data.Survey;
import dev.gossamer.fl.fetch.PublishedData;
import dev.gossamer.fl.fetch.Verification;
import dev.gossamer.fl.fetch.Verification.Finding;
import dev.gossamer.fl.fetch.Verification.Verdict;
import dev.gossamer.fl.run.DataSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks the files that are here. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Compares the files that are here with their published checksums, and reads each data set.",
            "Ends with exit code 1 if a file is not the published one or cannot be read."
        },
        footer = {"", "Example: gossamer data verify fashion-mnist --data DIR"})
final class DataVerifyCommand implements Callable<Integer> {

    private static final String DRAWN = "drawn when a run starts, so there are no files to check";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            completionCandidates = Names.DataSet.class,
            description = "The data sets; default: those that are here.")
    private List<String> names = List.of();

    @Mixin
    private DataOption data = new DataOption();

    @Mixin
    private Output output = new Output();

    private boolean allGood = true;

    @Override
    public Integer call() {
        output.apply();
        names.forEach(DataCommand::known);
        Table table = new Table();
        if (names.contains(Strokes.NAME)) {
            Survey survey = DataSource.survey(Strokes.NAME, data.folder());
            table.row(Strokes.NAME, "as a whole", "embedded", DataListCommand.counts(survey) + ": " + DRAWN);
        }
        for (PublishedData published : PublishedData.ALL) {
            if (names.isEmpty() || names.contains(published.name())) {
                verify(published, table);
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        if (table.isEmpty()) {
            out.println("There are no data sets in " + data.folder() + ".");
        }
        table.print(out);
        out.flush();
        return allGood ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void verify(PublishedData published, Table table) {
        Path folder = data.folder();
        List<Finding> findings = Verification.of(published, folder);
        for (Finding finding : findings) {
            allGood &= finding.verdict() != Verdict.WRONG;
            table.row(
                    published.name(),
                    String.valueOf(finding.file().getFileName()),
                    finding.verdict().name().toLowerCase(Locale.ROOT),
                    finding.detail());
        }
        try (Dataset read = DataSource.load(published.name(), folder)) {
            table.row(
                    published.name(),
                    "as a whole",
                    "readable",
                    Text.of(
                            "%,d + %,d samples",
                            read.train().count(), read.test().count()));
        } catch (MissingDataException e) {
            if (names.contains(published.name()) && findings.isEmpty()) {
                throw e;
            }
            if (!findings.isEmpty()) {
                allGood = false;
                table.row(published.name(), "as a whole", "incomplete", String.valueOf(e.getMessage()));
            }
        } catch (DataException e) {
            allGood = false;
            table.row(published.name(), "as a whole", "unusable", String.valueOf(e.getMessage()));
        }
    }
}
