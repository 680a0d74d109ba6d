package dev.gossamer.bench;

import dev.gossamer.bench.results.Machine;
import dev.gossamer.engine.Backend;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench losses}. */
@Command(
        name = "losses",
        mixinStandardHelpOptions = true,
        description = {
            "The losses of the first training steps of a convolutional network on CIFAR-10, here and in PyTorch: the same initial"
                    + " weights, batches, normalisation and SGD with momentum, without augmentation and dropout.",
            "Exit code 1 if they are further apart than rounding explains, which PyTorch's own float32 and float64 tell."
        })
final class LossesCommand implements Callable<Integer> {

    @Mixin
    private BackendOption backend = new BackendOption();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = {"Folder with cifar10.", "Default: $GOSSAMER_DATA, else this folder"})
    private @Nullable Path data;

    @Option(
            names = "--model",
            paramLabel = "NAME",
            defaultValue = "cnn-cifar10",
            description = {"cnn-cifar10 or resnet18.", "Default: ${DEFAULT-VALUE}"})
    private String model = "";

    @Option(names = "--steps", paramLabel = "N", defaultValue = "100", description = "Default: ${DEFAULT-VALUE}")
    private int steps;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Default: ${DEFAULT-VALUE}")
    private int batch;

    @Option(names = "--rate", paramLabel = "X", defaultValue = "0.005", description = "Default: ${DEFAULT-VALUE}")
    private float rate;

    @Option(names = "--momentum", paramLabel = "X", defaultValue = "0.75", description = "Default: ${DEFAULT-VALUE}")
    private float momentum;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1990",
            description = {"Of weights and order.", "Default: ${DEFAULT-VALUE}"})
    private long seed;

    @Option(
            names = "--every",
            paramLabel = "N",
            defaultValue = "10",
            description = {"Steps from one row of the table to the next.", "Default: ${DEFAULT-VALUE}"})
    private int every;

    @Option(
            names = "--python",
            paramLabel = "FILE",
            description = {"Interpreter that has PyTorch.", "Default: $GOSSAMER_PYTHON, else python3"})
    private String python = PyTorch.defaultPython();

    @Override
    public Integer call() throws PyTorch.MissingException {
        LossProblem.Settings settings = new LossProblem.Settings(model, steps, batch, rate, momentum, seed);
        if (every < 1) {
            throw new IllegalArgumentException("--every is at least 1");
        }
        Map<String, Object> machine = Machine.facts();
        try (LossProblem problem = new LossProblem(settings, FederatedCommand.folder(data));
                PyTorch torch = PyTorch.start(python, LossProblem.PROGRAM);
                Backend engine = backend.open().backend()) {
            machine.put("backend", engine.name() + ": " + engine.device());
            machine.put("peer", torch.version());
            machine.put("training", settings);
            System.out.print(Machine.text(machine));
            LossCurves curves = new LossCurves(
                    problem.ours(engine), problem.theirs(torch, "float32"), problem.theirs(torch, "float64"));
            System.out.println();
            System.out.println(curves.table(every));
            System.out.println(curves.verdict());
            return curves.firstOff() < 0 ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }
}
