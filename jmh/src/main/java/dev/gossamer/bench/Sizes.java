package dev.gossamer.bench;

import dev.gossamer.bench.ConvProblem.Size;
import java.util.List;

/**
 * How much {@link Suite} measures.
 *
 * @param shapes of sparse matrices with random entries
 * @param densities of them
 * @param batches columns of the dense operand
 * @param dlmcStep of the matrices of DLMC every so many, 0 for none
 * @param vectorShapes of matrices times a vector
 * @param vectorDensities of them
 * @param dense products, as {@code rows x depth x columns}
 * @param sampledBatches terms of the sums of the sampled product
 * @param selections how many numbers a threshold is sought in
 * @param steps densities of the MLP whose training is measured
 * @param plan of the rounds
 * @param limitNanos length of a slice that measures a limit
 * @param models what {@code bench models} measures
 */
record Sizes(
        List<String> shapes,
        List<String> densities,
        List<Integer> batches,
        int dlmcStep,
        List<String> vectorShapes,
        List<String> vectorDensities,
        List<List<Integer>> dense,
        List<Integer> sampledBatches,
        List<Integer> selections,
        List<Double> steps,
        Rounds.Plan plan,
        double limitNanos,
        Models models) {

    /**
     * How much of convolutional models is measured.
     *
     * @param layers 3x3 convolutions
     * @param densities of the weights, 1 for dense ones
     * @param layerPlan of the rounds of single layers
     * @param trained models that are trained
     * @param inferred models that are only run, sparse ones
     * @param modelPlan of the rounds of whole models
     */
    record Models(
            List<Size> layers,
            List<Double> densities,
            Rounds.Plan layerPlan,
            List<ModelProblem.Size> trained,
            List<ModelProblem.Size> inferred,
            Rounds.Plan modelPlan) {}

    private static final Models TINY_MODELS = new Models(
            List.of(new Size(3, 4, 5)),
            List.of(1.0, 0.1),
            new Rounds.Plan(5, 1e4, 0, 0),
            List.of(new ModelProblem.Size("cnn-cifar10", 8, 2, 10)),
            List.of(new ModelProblem.Size("cnn-cifar10", 8, 3, 10)),
            new Rounds.Plan(2, 1e4, 0, 0));

    /**
     * The layers are those of residual networks for small images; a run of them takes up to 20 ms, a step up to two seconds, so
     * that there are hardly more rounds than an interval takes.
     */
    private static final Models ALL_MODELS = new Models(
            List.of(
                    new Size(64, 32, 32),
                    new Size(128, 16, 32),
                    new Size(256, 8, 32),
                    new Size(512, 4, 32),
                    new Size(512, 2, 128)),
            List.of(1.0, 0.1, 0.05, 0.01),
            new Rounds.Plan(11, 5e6, 4e7, 1e9),
            List.of(
                    new ModelProblem.Size("cnn-cifar10", 32, 32, 10),
                    new ModelProblem.Size("resnet18", 32, 32, 10),
                    new ModelProblem.Size("vgg16", 32, 128, 100)),
            List.of(new ModelProblem.Size("cnn-cifar10", 32, 64, 10), new ModelProblem.Size("vgg16", 32, 64, 100)),
            new Rounds.Plan(7, 5e6, 1e8, 2e9));

    /** Of the MLP's layers forward, and of what layers of larger models come to. */
    private static final List<List<Integer>> MODELS_DENSE =
            List.of(List.of(128, 784, 32), List.of(128, 128, 32), List.of(512, 512, 128), List.of(512, 512, 512));

    private static final List<List<Integer>> MORE_DENSE = List.of(
            List.of(10, 128, 32),
            List.of(128, 128, 32),
            List.of(128, 784, 32),
            List.of(128, 784, 256),
            List.of(512, 512, 128),
            List.of(512, 512, 512),
            List.of(1024, 1024, 1024));

    /** For tests: every kind of row, nothing that takes time. */
    static final Sizes TINY = new Sizes(
            List.of("10x17"),
            List.of("0.1"),
            List.of(32, 128),
            0,
            List.of("17x33"),
            List.of("0.1"),
            List.of(List.of(8, 16, 32)),
            List.of(32),
            List.of(1000),
            List.of(1.0, 0.1),
            new Rounds.Plan(5, 1e4, 0, 0),
            1e5,
            TINY_MODELS);

    /** Under three minutes in all. */
    static final Sizes QUICK = new Sizes(
            List.of("128x784", "512x512"),
            List.of("0.1", "0.05"),
            List.of(32, 128, 1024),
            8,
            List.of("128x784", "1024x1024"),
            List.of("0.2", "0.1", "0.01"),
            MODELS_DENSE,
            List.of(32, 128),
            List.of(1_600_000, 15_000_000),
            List.of(1.0, 0.1, 0.05, 0.01),
            new Rounds.Plan(21, 5e5, 4e7, 1e9),
            1e7,
            ALL_MODELS);

    /** All of the table of targets; about five minutes, so that three processes of it are a quarter of an hour. */
    static final Sizes FULL = new Sizes(
            List.of("128x784", "512x512"),
            List.of("0.2", "0.1", "0.05", "0.01"),
            List.of(32, 64, 128, 256, 1024),
            1,
            List.of("128x784", "512x512", "1024x1024", "4096x4096"),
            List.of("0.2", "0.1", "0.05", "0.02", "0.01"),
            MORE_DENSE,
            List.of(32, 128),
            List.of(1_600_000, 15_000_000),
            List.of(1.0, 0.1, 0.05, 0.01),
            new Rounds.Plan(25, 5e5, 4e7, 1.5e9),
            1e7,
            ALL_MODELS);
}
