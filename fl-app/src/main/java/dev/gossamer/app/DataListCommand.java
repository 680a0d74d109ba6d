package dev.gossamer.app;

import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.MissingDataException;
import dev.gossamer.fl.data.Strokes;
import dev.gossamer.fl.data.Survey;
import dev.gossamer.fl.fetch.PublishedData;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.ExperimentConfig;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says which data sets are here, how much of them, and where the others are to be had. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description =
                "Says which data sets are here, how much of them, under which licence, and how to get the others.",
        footer = {"", "Example: gossamer data list --data DIR"})
final class DataListCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private DataOption data = new DataOption();

    @Mixin
    private Output output = new Output();

    @Override
    public void run() {
        output.apply();
        Path folder = data.folder();
        Table table = new Table();
        for (String name : ExperimentConfig.DATASETS) {
            add(table, name, folder);
        }
        PrintWriter out = spec.commandLine().getOut();
        table.print(out);
        out.println();
        out.println("Looked in " + folder + (Files.exists(folder) ? "." : ", which is not there."));
        out.flush();
    }

    private static void add(Table table, String name, Path folder) {
        Optional<PublishedData> published = PublishedData.named(name);
        try {
            Survey survey = DataSource.survey(name, folder);
            boolean embedded = name.equals(Strokes.NAME);
            table.row(name, embedded ? "embedded" : "found", counts(survey));
            if (!survey.extent().isEmpty()) {
                table.row("", "", survey.extent());
            }
            published.ifPresent(files -> table.row("", "", "in " + place(files, folder)));
        } catch (MissingDataException e) {
            table.row(name, "not found", remedy(name, published));
        } catch (DataException e) {
            table.row(name, "unusable", firstLine(e));
        }
        published.ifPresent(files -> table.row("", "", "licence: " + files.licence()));
    }

    /** The data sets that can be used, by name, with what they have. */
    static Map<String, String> found(Path folder) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String name : ExperimentConfig.DATASETS) {
            survey(name, folder).ifPresent(survey -> found.put(name, counts(survey)));
        }
        return found;
    }

    private static Optional<Survey> survey(String name, Path folder) {
        try {
            return Optional.of(DataSource.survey(name, folder));
        } catch (DataException e) {
            return Optional.empty();
        }
    }

    private static String firstLine(DataException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    static String counts(Survey survey) {
        String clients = survey.clients() == 0 ? "" : Text.of(", %,d natural clients", survey.clients());
        return Text.of("%,d + %,d samples, %d classes%s", survey.train(), survey.test(), survey.classes(), clients);
    }

    private static Path place(PublishedData data, Path folder) {
        Path own = folder.resolve(data.name());
        Path archive = folder.resolve(data.archiveFolder());
        return Files.isDirectory(own) ? own : Files.isDirectory(archive) ? archive : folder;
    }

    private static String remedy(String name, Optional<PublishedData> published) {
        return published.filter(files -> !files.remote().isEmpty()).isPresent()
                ? "gossamer data fetch " + name
                : "nobody publishes its files with checksums, so it cannot be fetched; see docs/data.md";
    }
}
