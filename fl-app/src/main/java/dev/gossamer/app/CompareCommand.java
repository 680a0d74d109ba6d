package dev.gossamer.app;

import dev.gossamer.app.report.Comparison;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts runs side by side. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Writes a page that compares runs: results, the settings that differ, and their curves.",
            "Pictures of the plots go into a folder of the page's name beside it."
        },
        footer = {"", "Example: gossamer compare runs/dense runs/sparse --out dense-sparse.html"})
final class CompareCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "1..*", paramLabel = "DIR", description = "Run directories, of runs that may go on still.")
    private List<Path> directories = new ArrayList<>();

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The page; default: compare.html. An earlier one is replaced.")
    private Path out = Path.of("compare.html");

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() {
        output.apply();
        OutputFile.check(out);
        if (Files.exists(out) && !Comparison.isPage(out)) {
            throw new UsageException(
                    "--out is " + out + ", which is there already and no comparison; give another file");
        }
        Comparison.write(directories, out);
        spec.commandLine().getOut().println(out);
        return ExitCode.OK;
    }
}
