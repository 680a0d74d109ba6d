package dev.gossamer.app;

import dev.gossamer.engine.Availability.Available;
import dev.gossamer.engine.Availability.Unavailable;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Backends.Candidate;
import dev.gossamer.engine.EngineException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Lists the engines: which can run here, on what, and what keeps the others from it. */
@Command(
        name = "backends",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Lists the backends: which can run here, and what the others lack.",
        footer = {"", "Example: gossamer backends --json"})
final class BackendsCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    @Mixin
    private Output output = new Output();

    @Override
    public void run() {
        output.apply();
        List<Candidate> candidates = Backends.candidates();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(asMap(candidates)));
        } else {
            print(candidates, out);
        }
        out.flush();
    }

    private static String asked() {
        return System.getProperty(Backends.PROPERTY, "").strip();
    }

    private static void print(List<Candidate> candidates, PrintWriter out) {
        Optional<Candidate> automatic = Backends.automatic(candidates);
        Table table = new Table();
        for (Candidate candidate : candidates) {
            boolean taken = automatic.equals(Optional.of(candidate));
            switch (candidate.availability()) {
                case Available here -> {
                    table.row(candidate.name(), "available", here.device() + (taken ? "  <- auto takes this one" : ""));
                    details(here).forEach(line -> table.row("", "", line));
                }
                case Unavailable why -> {
                    table.row(
                            candidate.name(),
                            "unavailable",
                            why.reason() + (taken ? "  <- auto is refused for it" : ""));
                    table.row("", "", why.remedy());
                }
            }
        }
        table.print(out);
        out.println();
        String asked = asked();
        out.println(
                asked.isEmpty()
                        ? "-D" + Backends.PROPERTY + " is not set: auto."
                        : "-D" + Backends.PROPERTY + " is set: " + asked + ".");
        out.println("Choose with  gossamer -D" + Backends.PROPERTY + "=NAME train  or  gossamer train --backend NAME,"
                + " which wins.");
    }

    /** What went wrong is a detail too: this command is what one runs when something does. */
    private static List<String> details(Available here) {
        try {
            return here.details().get();
        } catch (EngineException | LinkageError e) {
            return List.of("cannot be opened: " + e.getMessage());
        }
    }

    private static Map<String, Object> asMap(List<Candidate> candidates) {
        List<Map<String, Object>> list = new ArrayList<>();
        for (Candidate candidate : candidates) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", candidate.name());
            switch (candidate.availability()) {
                case Available here -> {
                    entry.put("available", true);
                    entry.put("device", here.device());
                    entry.put("details", details(here));
                }
                case Unavailable why -> {
                    entry.put("available", false);
                    entry.put("reason", why.reason());
                    entry.put("remedy", why.remedy());
                }
            }
            list.add(entry);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("property", Backends.PROPERTY);
        all.put("requested", asked().isEmpty() ? Backends.AUTO : asked());
        Backends.automatic(candidates)
                .filter(candidate -> candidate.availability() instanceof Available)
                .ifPresent(candidate -> all.put("auto", candidate.name()));
        all.put("backends", list);
        return all;
    }
}
