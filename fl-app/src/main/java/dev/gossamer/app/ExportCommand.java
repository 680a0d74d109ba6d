package dev.gossamer.app;

import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.export.ExportFormat;
import dev.gossamer.fl.export.PortableModel;
import dev.gossamer.fl.run.StoredModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the model of a run for other programs. It takes neither a data set nor a backend. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Writes the model of a run for other programs, with the weights that multiply (docs/formats.md):",
            "safetensors, a state dictionary of the PyTorch module of the same layers;",
            "npy, an archive of NumPy's arrays under the same names;",
            "onnx, the graph with its weights, for inference."
        },
        footer = {
            "",
            "Example: gossamer export runs/s95 --format onnx",
            "Exit codes: 0 good, 1 failure at run time, 2 usage or configuration."
        })
final class ExportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "DIR", description = "The directory of a run that is complete.")
    private Path directory = Path.of("");

    @Option(names = "--format", required = true, paramLabel = "NAME", description = "One of safetensors, npy and onnx.")
    private ExportFormat format = ExportFormat.ONNX;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where to; default: beside DIR, under its name and .safetensors, .npz or .onnx.")
    private @Nullable Path out;

    @Option(names = "--overwrite", description = "Replace the file, if there is one.")
    private boolean overwrite;

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() throws IOException {
        output.apply();
        StoredModel stored = StoredModel.of(directory);
        Path file = out == null ? beside(directory) : out;
        OutputFile.check(file);
        if (Files.exists(file) && !overwrite) {
            throw new UsageException(
                    "--out: " + file + " is there already; give another file, or --overwrite to replace it");
        }
        format.write(file, PortableModel.of(stored));
        tell(stored, file);
        return ExitCode.OK;
    }

    private Path beside(Path run) {
        Path whole = run.toAbsolutePath().normalize();
        Path name = whole.getFileName();
        Path beside = whole.resolveSibling((name == null ? "model" : name.toString()) + "." + format.extension());
        Path here = Path.of("").toAbsolutePath();
        return run.isAbsolute() || !beside.startsWith(here) ? beside : here.relativize(beside);
    }

    private void tell(StoredModel stored, Path file) throws IOException {
        long nonZeros =
                stored.theta().tensors().stream().mapToLong(TensorState::nnz).sum()
                        - stored.spec().stateCount();
        PrintWriter out = spec.commandLine().getOut();
        Table table = new Table();
        table.row("file", file.toString());
        table.row("size", Text.bytes(Files.size(file)));
        table.row("model", stored.spec().name() + " for " + stored.config().dataset());
        table.row(
                "parameters",
                Text.of("%,d, of which %,d are left", stored.spec().parameterCount(), nonZeros));
        table.print(out);
        out.flush();
    }
}
