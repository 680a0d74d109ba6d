package dev.gossamer.bench;

import dev.gossamer.bench.ConvProblem.Direction;
import dev.gossamer.bench.ConvProblem.Size;
import dev.gossamer.bench.PyTorch.ImageLayout;
import dev.gossamer.bench.Rounds.Score;
import dev.gossamer.bench.TableRows.Amount;
import dev.gossamer.bench.roofline.Limits;
import dev.gossamer.engine.Backend;

/** The table of {@code bench models}: convolutional layers, training steps and inference, beside dense PyTorch. */
final class ModelSuite {

    private static final String IMAGES = "images/s";

    private final Backend backend;
    private final Sizes sizes;
    private final Limits limits;
    private final TableRows rows;

    ModelSuite(Backend backend, Sizes sizes, Limits limits, TableRows rows) {
        this.backend = backend;
        this.sizes = sizes;
        this.limits = limits;
        this.rows = rows;
    }

    /** Everything. */
    void run() {
        convolutions();
        trainings();
        inferences();
    }

    private void convolutions() {
        Rounds rounds = new Rounds(sizes.models().layerPlan());
        for (double density : sizes.models().densities()) {
            for (Direction direction : Direction.values()) {
                boolean ofWeights = direction == Direction.WEIGHT_GRADIENT;
                String name = "conv " + direction.text + ", density " + density;
                double target = ofWeights ? Targets.CONV_WEIGHT_GRADIENT : Targets.conv(density);
                TableRows.Means means = rows.new Means(name + ", geomean", target);
                for (Size size : sizes.models().layers()) {
                    ConvProblem problem = new ConvProblem(size, density);
                    try (TableRows.Field field = rows.new Field()) {
                        enter(field, problem, direction);
                        Score score = rounds.measure(name, field.engine(), field.others());
                        means.add(rows.report(
                                name + ", " + size.text(),
                                score,
                                Amount.flops(problem.work()),
                                density == 1 ? limits.fmaOne() : limits.boundOne(2, 0),
                                target));
                    }
                }
                means.report();
            }
        }
    }

    /** Zeros are multiplied by PyTorch, whose rate counts the sparse work; of the weight gradient our own forward is the measure. */
    private void enter(TableRows.Field field, ConvProblem problem, Direction direction) {
        field.ours(new EngineConv(backend, problem, direction), (who, of) -> problem.verify(who, of, direction));
        if (direction == Direction.WEIGHT_GRADIENT) {
            field.enter(
                    "our forward",
                    new EngineConv(backend, problem, Direction.FORWARD),
                    (who, of) -> problem.verify(who, of, Direction.FORWARD));
        } else {
            for (ImageLayout layout : ImageLayout.values()) {
                field.pyTorch(
                        "dense" + layout.suffix + ", 1 thread",
                        torch -> torch.conv(problem, direction, layout, 1),
                        (who, of) -> problem.verify(who, of, direction));
            }
        }
    }

    private void trainings() {
        Rounds rounds = new Rounds(sizes.models().modelPlan());
        for (ModelProblem.Size size : sizes.models().trained()) {
            for (double density : sizes.models().densities()) {
                ModelProblem problem = new ModelProblem(size, density);
                try (TableRows.Field field = rows.new Field()) {
                    EngineTraining engine = new EngineTraining(backend, problem);
                    field.losses(engine);
                    for (ImageLayout layout : ImageLayout.values()) {
                        field.pyTorch(
                                "dense" + layout.suffix + ", 1 thread",
                                torch -> torch.training(problem, layout, 1),
                                (who, peer) -> ModelProblem.agree(who, peer.result(), engine.result()));
                    }
                    rows.report(
                            "training " + size.text() + ", density " + density,
                            rounds.measure("training " + size.text() + (density == 1), field.engine(), field.others()),
                            new Amount(1e9, Suite.STEPS, null),
                            null,
                            Targets.modelStep(density));
                }
            }
        }
    }

    private void inferences() {
        Rounds rounds = new Rounds(sizes.models().modelPlan());
        for (ModelProblem.Size size : sizes.models().inferred()) {
            for (double density : sizes.models().densities()) {
                if (density < 1) {
                    inference(size, density, rounds);
                }
            }
        }
    }

    private void inference(ModelProblem.Size size, double density, Rounds slow) {
        ModelProblem problem = new ModelProblem(size, density);
        try (TableRows.Field field = rows.new Field()) {
            EngineInference engine = new EngineInference(backend, problem);
            field.losses(engine);
            for (boolean jit : new boolean[] {false, true}) {
                for (ImageLayout layout : ImageLayout.values()) {
                    field.pyTorch(
                            (jit ? "dense jit" : "dense eager") + layout.suffix + ", 1 thread",
                            torch -> torch.inference(problem, jit, layout, 1),
                            (who, peer) -> ModelProblem.agree(who, peer.result(), engine.result()));
                }
            }
            rows.report(
                    "inference " + size.text() + ", density " + density,
                    slow.measure("inference " + size.text(), field.engine(), field.others()),
                    new Amount(1e9 * size.batch(), IMAGES, null),
                    null,
                    Targets.inference(density));
        }
    }
}
