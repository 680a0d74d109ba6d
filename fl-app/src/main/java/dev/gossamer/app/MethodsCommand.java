package dev.gossamer.app;

import dev.gossamer.fl.run.MethodCatalog;
import dev.gossamer.fl.run.Setting;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the federated methods, or tells of one. */
@Command(
        name = "methods",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Lists the federated methods with their papers, or tells the settings of one.",
        footer = {"", "Example: gossamer methods fedsparsify-global"})
final class MethodsCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            defaultValue = "",
            completionCandidates = Names.Method.class,
            description = "The method to tell of.")
    private String name = "";

    @Mixin
    private Output output = new Output();

    @Override
    public void run() {
        output.apply();
        PrintWriter out = spec.commandLine().getOut();
        if (name.isEmpty()) {
            MethodCatalog.all().forEach(entry -> printLine(entry, out));
        } else {
            print(MethodCatalog.named(name), out);
        }
        out.flush();
    }

    private static void printLine(MethodCatalog.Entry entry, PrintWriter out) {
        out.println(Text.of("%-20s %s", entry.name(), entry.summary()));
        out.println(Text.of("%-20s %s", "", entry.paper()));
    }

    /** A method with its settings. */
    static void print(MethodCatalog.Entry entry, PrintWriter out) {
        printLine(entry, out);
        List<Setting> options = entry.options();
        out.println(options.isEmpty() ? "It has no settings of its own." : "Settings of its own:");
        for (Setting option : options) {
            out.println(Text.of("  --%-18s %s", option.key(), ExperimentOptions.text(option)));
        }
        out.flush();
    }
}
