package dev.gossamer.app.report;

import dev.gossamer.app.chart.BarChart;
import dev.gossamer.app.chart.HeatMap;
import dev.gossamer.app.chart.LineChart;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RoundMetrics.LayerSparsity;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** What is drawn of runs; those of one page have different names. */
final class Plots {

    private static final String ROUND = "round";
    private static final String ACCURACY = "test accuracy";

    private Plots() {}

    /** Of one run and of many: how good the models got, for how much. */
    static List<Plot> accuracies(List<Curves> runs) {
        LineChart byRound = new LineChart("Accuracy by round", ROUND, ACCURACY);
        LineChart byBytes = new LineChart("Accuracy by traffic", "megabytes sent, up and down", ACCURACY);
        LineChart byTime = new LineChart("Accuracy by time", "seconds", ACCURACY);
        for (Curves run : runs) {
            double[] accuracy = run.of(RoundMetrics::accuracy);
            byRound.add(run.name(), run.rounds(), accuracy);
            byBytes.add(run.name(), run.megabytes(), accuracy);
            byTime.add(run.name(), run.sumsOf(RoundMetrics::seconds), accuracy);
        }
        return List.of(
                new Plot("accuracy", byRound, "Share of the test samples that the global model classifies rightly."),
                new Plot(
                        "accuracy-by-traffic",
                        byBytes,
                        "The same over what had been sent until then, all clients together, as encoded."),
                new Plot(
                        "accuracy-by-time",
                        byTime,
                        "The same over the time that the rounds had taken, simulation of all clients and evaluation"
                                + " included."));
    }

    static Plot losses(Curves run) {
        return new Plot(
                "loss",
                new LineChart("Loss", ROUND, "cross-entropy")
                        .add("test samples", run.rounds(), run.of(RoundMetrics::loss))
                        .add("training, last epoch", run.rounds(), run.of(RoundMetrics::trainingLoss)),
                "Mean cross-entropy of the global model on the test samples, and of the clients' models on theirs.");
    }

    static Plot sparsity(List<Curves> runs) {
        LineChart chart = new LineChart("Sparsity", ROUND, "pruned share of the parameters");
        runs.forEach(run -> chart.add(run.name(), run.rounds(), run.of(RoundMetrics::sparsity)));
        return new Plot("sparsity", chart, "Share of all trainable parameters that are pruned after a round.");
    }

    /** The tensors that are pruned at some time; the others would be rows of ones. */
    static Plot layers(Curves run) {
        List<RoundMetrics> rounds = run.run().rounds();
        List<String> names = rounds.getLast().layers().keySet().stream()
                .filter(name -> rounds.stream().anyMatch(round -> density(round, name) < 1))
                .toList();
        double[][] densities = names.stream()
                .map(name -> rounds.stream()
                        .mapToDouble(round -> density(round, name))
                        .toArray())
                .toArray(double[][]::new);
        String caption = names.isEmpty()
                ? "No tensor was pruned in this run."
                : "Share of a tensor's entries that are left, for the tensors that are pruned at some time.";
        int[] columns = rounds.stream().mapToInt(RoundMetrics::round).toArray();
        return new Plot(
                "layers", new HeatMap("Density of layers", ROUND, "density", names, columns, densities), caption);
    }

    private static double density(RoundMetrics round, String name) {
        LayerSparsity layer = round.layers().get(name);
        return layer == null ? Double.NaN : (double) layer.nonZeroParameters() / layer.parameters();
    }

    static Plot masks(Curves run) {
        return new Plot(
                "masks",
                new LineChart("Agreement of masks", ROUND, "intersection over union")
                        .add("this round's and the last one's", run.rounds(), run.of(RoundMetrics::maskAgreement))
                        .add("received and sent, mean of clients", run.rounds(), run.of(RoundMetrics::clientAgreement)),
                "How much the mask of the global model changes from round to round, and how much clients change it."
                        + " Without masks both are 1.");
    }

    static Plot bytes(Curves run) {
        return new Plot(
                "traffic",
                new LineChart("Traffic of each round", ROUND, "megabytes")
                        .add("up", run.rounds(), run.of(round -> round.bytesUp() / Curves.MEGA))
                        .add("down", run.rounds(), run.of(round -> round.bytesDown() / Curves.MEGA))
                        .add(
                                "dense, either way",
                                run.rounds(),
                                run.of(round -> (double) run.run().denseBytes() * round.asked() / Curves.MEGA)),
                "What clients sent and were sent, as encoded, beside the values of a dense model in f32 for every client"
                        + " that was asked.");
    }

    static Plot traffic(List<Curves> runs) {
        LineChart chart = new LineChart("Traffic of each round", ROUND, "megabytes, up and down");
        runs.forEach(run -> chart.add(
                run.name(), run.rounds(), run.of(round -> (round.bytesUp() + round.bytesDown()) / Curves.MEGA)));
        return new Plot("traffic", chart, "What clients sent and were sent, as encoded.");
    }

    static Plot totals(List<Curves> runs) {
        BarChart chart = new BarChart("Traffic in all", "megabytes", List.of("up", "down", "dense, both ways"));
        runs.forEach(run -> chart.add(
                run.name(),
                run.totalOf(RoundMetrics::bytesUp) / Curves.MEGA,
                run.totalOf(RoundMetrics::bytesDown) / Curves.MEGA,
                run.totalOf(run::denseBytes) / Curves.MEGA));
        return new Plot(
                "traffic-in-all", chart, "What was sent, as encoded, beside the values of dense models in f32.");
    }

    /** As far as it is measured: what the server does with updates is not. */
    static Plot time(List<Curves> runs) {
        BarChart chart = new BarChart(
                "Where the time went",
                "seconds",
                runs.stream().map(Curves::name).toList());
        chart.add("training", each(runs, RoundMetrics::trainSeconds))
                .add("encoding", each(runs, RoundMetrics::encodeSeconds))
                .add("decoding", each(runs, RoundMetrics::decodeSeconds))
                .add("evaluation", each(runs, RoundMetrics::evaluateSeconds))
                .add("rounds, by the clock", each(runs, RoundMetrics::seconds));
        return new Plot(
                "time",
                chart,
                "Training is summed over clients, encoding and decoding over both sides, and clients run side by side:"
                        + " these may be more than the clock's. Averaging, pruning and waiting are in the rounds, and not"
                        + " measured by themselves.");
    }

    private static double[] each(List<Curves> runs, ToDoubleFunction<RoundMetrics> number) {
        return runs.stream().mapToDouble(run -> run.totalOf(number)).toArray();
    }

    static Plot seconds(Curves run) {
        return new Plot(
                "seconds",
                new LineChart("Seconds of each round", ROUND, "seconds")
                        .add("whole round, by the clock", run.rounds(), run.of(RoundMetrics::seconds))
                        .add("training, summed over clients", run.rounds(), run.of(RoundMetrics::trainSeconds))
                        .add("evaluation", run.rounds(), run.of(RoundMetrics::evaluateSeconds)),
                "Sparser models take less time, where the backend makes use of it.");
    }

    /** Clients side by side, classes below each other. */
    static Plot labels(Curves run) {
        List<List<Integer>> clients = run.run().labels();
        int classes = clients.stream().mapToInt(List::size).max().orElse(0);
        double[][] counts = IntStream.range(0, classes)
                .mapToObj(label -> clients.stream()
                        .mapToDouble(client -> Objects.requireNonNullElse(client.get(label), 0))
                        .toArray())
                .toArray(double[][]::new);
        List<String> names =
                IntStream.range(0, classes).mapToObj(label -> "class " + label).toList();
        int[] columns = IntStream.range(0, clients.size()).toArray();
        return new Plot(
                "labels",
                new HeatMap("Labels of the clients", "client", "samples", names, columns, counts),
                clients.isEmpty()
                        ? "The run is of a release that did not record how labels were dealt."
                        : "How many training samples of each class a client has.");
    }
}
