package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.RunRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The folder that keeps an outcome: {@code README.md} with the table, {@code table.csv}, {@code cells.csv} with commit and
 * machine of each cell, {@code rounds.csv} with the raw lines, {@code manifest.json}, and the figures.
 */
public final class ResultFolder {

    /** Draws a figure into a PNG file. */
    @FunctionalInterface
    public interface Painter {
        void paint(Figure figure, Path file);
    }

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private static final String PAGE = "README.md";
    private static final String MANIFEST = "manifest.json";
    private static final String DONE = "done";

    private static final String SEEDS = "seeds";

    private ResultFolder() {}

    /**
     * Refuses a folder in which something would be lost: another table's results or another scale's, more than there are to
     * replace them, or somebody's page that is no results'. Touches nothing.
     *
     * @param done cells that are done, or that will be at most
     * @throws ConfigException naming what is there
     */
    public static void check(Path folder, Reproduction reproduction, int done) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw refused(folder, "is a file");
        }
        Path manifest = folder.resolve(MANIFEST);
        if (!Files.exists(manifest)) {
            if (Files.exists(folder.resolve(PAGE))) {
                throw refused(folder, "has a " + PAGE + " that is not of results");
            }
            return;
        }
        JsonNode there = read(manifest);
        if (!isOf(reproduction, there)) {
            throw refused(
                    folder,
                    "has results of " + there.path("name").asString("something else") + ", scale "
                            + there.path("scale").asString("unknown") + seeds(there));
        }
        if (there.path(DONE).asInt(0) > done) {
            throw refused(
                    folder,
                    "has results of " + there.path(DONE).asInt(0) + " cells, of which " + done + " are done here");
        }
    }

    /** Whether results are of this reproduction or a part of it, which has fewer seeds; earlier releases told none. */
    private static boolean isOf(Reproduction reproduction, JsonNode manifest) {
        return manifest.path("name").asString("").equals(reproduction.name())
                && manifest.path("scale").asString("").equals(reproduction.scale())
                && manifest.path(SEEDS)
                        .valueStream()
                        .allMatch(seed -> reproduction.seeds().contains(seed.asLong()));
    }

    private static String seeds(JsonNode manifest) {
        return manifest.has(SEEDS) ? ", seeds " + manifest.path(SEEDS) : "";
    }

    private static JsonNode read(Path manifest) {
        try {
            return JSON.readTree(manifest);
        } catch (JacksonException e) {
            throw new ConfigException(manifest + ": cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    private static ConfigException refused(Path folder, String what) {
        return new ConfigException("Result folder " + folder + " " + what
                + ", which would be lost; give another folder with --out, or move that away");
    }

    /**
     * Writes the folder; files of the same names are replaced.
     *
     * @param command that makes this outcome
     * @throws ConfigException if it cannot be written, or as {@link #check}
     */
    public static void write(Path folder, Outcome outcome, String command, Painter painter) {
        check(folder, outcome.reproduction(), outcome.done());
        try {
            Files.createDirectories(folder);
            // First, as it says whose the other files are.
            Files.writeString(folder.resolve(MANIFEST), JSON.writeValueAsString(manifest(outcome, command)) + "\n");
            List<Figure> figures = outcome.figures();
            for (Figure figure : figures) {
                painter.paint(figure, folder.resolve(figure.file() + ".png"));
            }
            Files.writeString(folder.resolve("table.csv"), Tables.rows(outcome));
            Files.writeString(folder.resolve("cells.csv"), Tables.cells(outcome));
            Files.writeString(folder.resolve("rounds.csv"), Tables.rounds(outcome));
            if (!outcome.pruned().isEmpty()) {
                Files.writeString(folder.resolve("pruned.csv"), Tables.pruned(outcome));
            }
            Files.writeString(folder.resolve(PAGE), page(outcome, command, figures));
        } catch (IOException | UncheckedIOException e) {
            throw new ConfigException("Result folder " + folder + " cannot be written: " + FileReason.of(e), e);
        }
    }

    /** The table in Markdown, as the page has it. */
    public static String table(Outcome outcome) {
        return Tables.markdown(outcome);
    }

    private static Map<String, Object> manifest(Outcome outcome, String command) {
        Reproduction its = outcome.reproduction();
        Map<String, Object> manifest = new LinkedHashMap<>();
        manifest.put("name", its.name());
        manifest.put("source", its.source());
        manifest.put("scale", its.scale());
        manifest.put(SEEDS, its.seeds());
        manifest.put("command", command);
        manifest.put("written", Instant.now().toString());
        manifest.put("cells", its.cellCount());
        manifest.put(DONE, outcome.done());
        manifest.put("data", all(outcome, ResultFolder::data));
        manifest.put("backends", all(outcome, ResultFolder::backend));
        manifest.put("machines", all(outcome, ResultFolder::machine));
        manifest.put("commits", all(outcome, ResultFolder::commit));
        return manifest;
    }

    private static String page(Outcome outcome, String command, List<Figure> figures) {
        Reproduction its = outcome.reproduction();
        StringBuilder page = new StringBuilder();
        page.append("# ").append(its.title()).append("\n\n");
        page.append("Source: ").append(its.source()).append("\n\n");
        if (!its.about().isEmpty()) {
            page.append(its.about()).append("\n\n");
        }
        page.append("```sh\n").append(command).append("\n```\n\n| | |\n| --- | --- |\n");
        fact(page, "scale", its.scale() + ": " + its.scaleAbout().replace("\n", " "));
        fact(page, "time", its.time());
        fact(page, "cells", outcome.done() + " of " + its.cellCount() + " done");
        fact(page, "data", facts(outcome, ResultFolder::data));
        fact(page, "backend", facts(outcome, ResultFolder::backend));
        fact(page, "machine", facts(outcome, ResultFolder::machine));
        fact(page, "commit", facts(outcome, ResultFolder::commit));
        fact(page, "date", dates(outcome));
        page.append('\n').append(Tables.markdown(outcome)).append('\n');
        page.append(
                "Mean ± standard deviation over seeds; a column `published` has what the paper gives for its own setting.\n");
        if (!outcome.pruned().isEmpty()) {
            page.append(
                            "\n## Pruned after training\n\nAccuracy in percent, by the share of each layer's weights that is kept; of")
                    .append(" the output layer's, twice that.\n\n")
                    .append(Tables.prunedMarkdown(outcome));
        }
        figures.forEach(figure -> page.append("\n![")
                .append(figure.title())
                .append("](")
                .append(figure.file())
                .append(".png)\n"));
        page.append(
                        "\n[table.csv](table.csv) has the table, [cells.csv](cells.csv) every cell with seed, commit and machine,")
                .append(" [rounds.csv](rounds.csv) what each round came to.\n");
        return page.toString();
    }

    private static void fact(StringBuilder page, String name, String value) {
        page.append("| ").append(name).append(" | ").append(value).append(" |\n");
    }

    private static String facts(Outcome outcome, Function<RunRecord, String> fact) {
        return String.join("; ", all(outcome, fact));
    }

    /** Different answers of all cells, in the order in which they come. */
    private static Set<String> all(Outcome outcome, Function<RunRecord, String> fact) {
        Set<String> all = new LinkedHashSet<>();
        outcome.rows().forEach(row -> row.cells().forEach(cell -> all.add(fact.apply(cell.run()))));
        return all;
    }

    private static String machine(RunRecord run, String key) {
        return run.machine().getOrDefault(key, "");
    }

    private static String backend(RunRecord run) {
        return machine(run, "backend name") + ", " + machine(run, "backend device");
    }

    private static String machine(RunRecord run) {
        return machine(run, "cpu") + ", " + machine(run, "jdk");
    }

    private static String commit(RunRecord run) {
        return machine(run, "commit");
    }

    private static String data(RunRecord run) {
        return machine(run, "dataset name") + ": " + machine(run, "dataset train") + " training and "
                + machine(run, "dataset test") + " test samples (" + machine(run, "dataset extent") + ")";
    }

    private static String dates(Outcome outcome) {
        List<String> days = outcome.rows().stream()
                .flatMap(row -> row.cells().stream())
                .map(cell -> cell.run().started().toString().substring(0, 10))
                .distinct()
                .sorted()
                .toList();
        return days.size() < 2 ? String.join("", days) : days.getFirst() + " to " + days.getLast();
    }
}
