package dev.gossamer.bench;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * How far float32 is from float64 in each tensor's gradient of the last step, and in what the steps changed: the norm of the
 * difference over the norm in float64. Statistics of batch norms have no gradient, but change.
 *
 * <p>A sum that rounds to the other side of 0 switches a ReLU, and one that rounds past its neighbour moves a maximum: from
 * there back the gradient of that sample is another one, by a thousand times what rounding does otherwise. Few small batches
 * have a switch, so that medians over several seeds tell of rounding alone. Where the exact gradient is 0, as that of a bias
 * before a batch norm, errors are noise over noise; their ratio tells as well.
 */
final class TensorErrors {

    /** How many times as far off as the worse of PyTorch's two ways to convolve ours may be. */
    static final double FACTOR = 4;

    /** What is always allowed: pixels are scaled by constants that are rounded to float32, which shows in means of pixels. */
    static final double FLOOR = 5e-6;

    private final List<List<Row>> seeds = new ArrayList<>();

    /**
     * A gradient or a change.
     *
     * @param norm in float64
     * @param ours error
     * @param theirs PyTorch's error
     * @param unfolded PyTorch's error with the other convolutions
     */
    record Row(String name, double norm, double ours, double theirs, double unfolded) {

        double allowed() {
            return Math.max(FLOOR, FACTOR * Math.max(theirs, unfolded));
        }

        /** What is no number is off. */
        boolean isOff() {
            return !(ours <= allowed());
        }

        /** Ours to PyTorch's larger one; where both are nothing they are as good as each other. */
        double ratio() {
            double worse = Math.max(theirs, unfolded);
            return ours == worse ? 1 : ours / worse;
        }

        private String text() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %.1e | %.1e | %.1e | %.1e | %.2f |%n",
                    name,
                    norm,
                    ours,
                    theirs,
                    unfolded,
                    ratio());
        }
    }

    /**
     * Takes the runs from one seed.
     *
     * @param trained names of the tensors that have gradients
     * @param initial before the first step
     */
    void add(
            Set<String> trained,
            ModelState initial,
            LossProblem.Run ours,
            LossProblem.Run theirs,
            LossProblem.Run unfolded,
            LossProblem.Run exact) {
        List<Row> rows = new ArrayList<>();
        int at = 0;
        for (TensorState tensor : initial.tensors()) {
            if (trained.contains(tensor.name())) {
                String name = "gradient of " + tensor.name();
                float[] nothing = new float[tensor.values().length];
                rows.add(row(name, nothing, at, ours.left(), theirs.left(), unfolded.left(), exact.left()));
                at += nothing.length;
            }
        }
        for (TensorState tensor : initial.tensors()) {
            String name = "change of " + tensor.name();
            rows.add(row(name, tensor.values(), at, ours.left(), theirs.left(), unfolded.left(), exact.left()));
            at += tensor.values().length;
        }
        for (LossProblem.Run run : List.of(ours, theirs, unfolded, exact)) {
            if (run.left().length != at) {
                throw new AssertionError("got " + run.left().length + " numbers, want " + at);
            }
        }
        seeds.add(rows);
    }

    private static Row row(
            String name, float[] before, int at, double[] ours, double[] theirs, double[] unfolded, double[] exact) {
        double norm = 0;
        for (int i = 0; i < before.length; i++) {
            double change = exact[at + i] - before[i];
            norm += change * change;
        }
        norm = Math.sqrt(norm);
        int count = before.length;
        return new Row(
                name,
                norm,
                error(ours, exact, at, count, norm),
                error(theirs, exact, at, count, norm),
                error(unfolded, exact, at, count, norm));
    }

    private static double error(double[] run, double[] exact, int at, int count, double norm) {
        double sum = 0;
        for (int i = at; i < at + count; i++) {
            double difference = run[i] - exact[i];
            sum += difference * difference;
        }
        return sum == 0 ? 0 : Math.sqrt(sum) / norm;
    }

    /** Medians over the seeds, of each number by itself. */
    List<Row> rows() {
        List<Row> medians = new ArrayList<>();
        for (int i = 0; i < seeds.getFirst().size(); i++) {
            medians.add(new Row(
                    seeds.getFirst().get(i).name,
                    median(i, Row::norm),
                    median(i, Row::ours),
                    median(i, Row::theirs),
                    median(i, Row::unfolded)));
        }
        return medians;
    }

    /** The upper one of two; NaN is above all numbers. */
    private double median(int row, ToDoubleFunction<Row> of) {
        double[] sorted = seeds.stream()
                .mapToDouble(rows -> of.applyAsDouble(rows.get(row)))
                .sorted()
                .toArray();
        return sorted[sorted.length / 2];
    }

    boolean agree() {
        return rows().stream().noneMatch(Row::isOff);
    }

    /** Markdown. */
    String table() {
        StringBuilder text = new StringBuilder(String.format(
                "| tensor | norm | Gossamer | PyTorch f32 | unfolded | ratio |%n|---|---:|---:|---:|---:|---:|%n"));
        rows().forEach(row -> text.append(row.text()));
        return text.toString();
    }

    /** A line that says whether the tensors agree, and which one of ours is the worst. */
    String verdict() {
        Comparator<Row> byExcess = Comparator.comparingDouble(row -> row.ours / row.allowed());
        Row worst = rows().stream().max(byExcess).orElseThrow();
        return String.format(
                Locale.ROOT,
                "The tensors %s: %d seeds; nearest to its limit is the %s with %.1e, allowed %.1e.",
                agree() ? "agree" : "differ",
                seeds.size(),
                worst.name,
                worst.ours,
                worst.allowed());
    }
}
