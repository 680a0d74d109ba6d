package dev.gossamer.app;

import dev.gossamer.fl.reproduce.Reproduction;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Tells which tables and figures there are. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Lists what can be reproduced, with the size and the time of each scale.",
        footer = {"", "Example: gossamer reproduce list"})
final class ReproduceListCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() {
        output.apply();
        PrintWriter out = spec.commandLine().getOut();
        for (String name : Reproductions.NAMES) {
            for (String scale : Reproduction.SCALES) {
                Reproduction reproduction = Reproductions.find(name, scale, List.of());
                if (scale.equals(Reproduction.SCALES.getFirst())) {
                    out.println(name + "  " + reproduction.title());
                }
                out.println(Text.of("    %-5s  %4d cells  %s", scale, reproduction.cellCount(), reproduction.time()));
            }
        }
        out.flush();
        return ExitCode.OK;
    }
}
