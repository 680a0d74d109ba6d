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
        },
        footer = {"", "Example: gossamer bench losses --model cnn-cifar10 --data DIR"})
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
            description = {"cnn-cifar10, resnet18 or vgg16.", "Default: ${DEFAULT-VALUE}"})
    private String model = "";

    @Option(names = "--steps", paramLabel = "N", defaultValue = "100", description = "Default: ${DEFAULT-VALUE}")
    private int steps;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Default: ${DEFAULT-VALUE}")
    private int batch;

    @Option(
            names = "--capacity",
            paramLabel = "N",
            description = {
                "Batch size that memory is made for; above the batch, that is a last, partial one.",
                "Default: the batch"
            })
    private @Nullable Integer capacity;

    @Option(names = "--rate", paramLabel = "X", defaultValue = "0.005", description = "Default: ${DEFAULT-VALUE}")
    private float rate;

    @Option(names = "--momentum", paramLabel = "X", defaultValue = "0.75", description = "Default: ${DEFAULT-VALUE}")
    private float momentum;

    @Option(
            names = "--density",
            paramLabel = "X",
            defaultValue = "1",
            description = {"Of all weights, at random entries.", "Default: ${DEFAULT-VALUE}"})
    private double density;

    @Option(
            names = "--tensors",
            paramLabel = "N",
            defaultValue = "0",
            description = {
                "Compare each tensor's gradient in the last of the steps, and what they changed, instead of losses:"
                        + " medians over N seeds.",
                "A batch of 2 has few ReLUs and maxima that rounding switches, a batch of 32 has them in every step."
            })
    private int tensors;

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

    @Mixin
    private PythonOption python = new PythonOption();

    @Override
    public Integer call() throws MissingPeerException {
        LossProblem.Settings settings = settings(seed);
        if (every < 1 || tensors < 0) {
            throw new IllegalArgumentException("--every is at least 1, --tensors at least 0");
        }
        Map<String, Object> machine = Machine.facts();
        try (LossProblem problem = problem(settings);
                PyTorch torch = PyTorch.start(python.interpreter(), LossProblem.PROGRAM);
                Backend engine = backend.open().backend()) {
            machine.put("backend", engine.name() + ": " + engine.device());
            machine.put("peer", torch.version());
            machine.put("training", settings);
            System.out.println(Machine.text(machine));
            return (tensors > 0 ? tensorsAgree(engine, torch) : curvesAgree(problem, engine, torch))
                    ? ExitCode.OK
                    : ExitCode.SOFTWARE;
        }
    }

    private LossProblem.Settings settings(long ofSeed) {
        int room = capacity == null ? batch : capacity;
        return new LossProblem.Settings(model, steps, batch, room, rate, momentum, density, ofSeed);
    }

    private LossProblem problem(LossProblem.Settings settings) {
        return new LossProblem(settings, FederatedCommand.folder(data));
    }

    private boolean curvesAgree(LossProblem problem, Backend engine, PyTorch torch) {
        LossCurves curves = problem.curves(engine, torch);
        System.out.println(curves.steps(every));
        System.out.println(curves.summary());
        System.out.println(curves.verdict());
        return curves.agree();
    }

    private boolean tensorsAgree(Backend engine, PyTorch torch) {
        TensorErrors errors = new TensorErrors();
        for (int i = 0; i < tensors; i++) {
            try (LossProblem problem = problem(settings(seed + i))) {
                problem.compareTensors(engine, torch, errors);
            }
        }
        System.out.println(errors.table());
        System.out.println(errors.verdict());
        return errors.agree();
    }
}
