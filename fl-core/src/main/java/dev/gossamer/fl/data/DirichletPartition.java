package dev.gossamer.fl.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The LDA partition: every client gets the same number of samples (they differ by one where they must), and client k's
 * classes are drawn from proportions {@code q_k ~ Dirichlet(alpha, ..., alpha)}, sample by sample, without replacement. A
 * class that runs dry gets probability 0 in all clients' proportions, the others' grow by {@value #EPSILON}, and they are
 * scaled to sum to 1 again. Large alpha is like iid, small alpha leaves a client few classes.
 *
 * <p>Hsu, Qi, Brown, "Measuring the effects of non-identical data distribution for federated visual classification", 2019;
 * what happens to dry classes, which the paper leaves open, is as in ZeroFL's and SparseFedPP's experiments.
 *
 * @param alpha the concentration, above 0
 * @param seed of proportions and draws
 */
public record DirichletPartition(double alpha, long seed) implements Partition.ByLabel {

    static final String PREFIX = "dirichlet:";

    private static final double EPSILON = 1e-5;

    private static final long STREAM = 0xD112C;
    private static final long SHUFFLES = 0;
    private static final long CLIENTS = 1;

    /**
     * A partition.
     *
     * @throws DataException if alpha is not a number above 0
     */
    public DirichletPartition {
        if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY)) {
            throw new DataException("Partition dirichlet:" + alpha
                    + ": the concentration must be a number above 0, for example dirichlet:1.0");
        }
    }

    static DirichletPartition parse(String spec, long seed) {
        String alpha = spec.substring(PREFIX.length());
        try {
            return new DirichletPartition(Double.parseDouble(alpha), seed);
        } catch (NumberFormatException e) {
            throw new DataException(
                    "Partition '" + spec + "': '" + alpha + "' is not a number; write for example dirichlet:1.0", e);
        }
    }

    @Override
    public String spec() {
        return PREFIX + alpha;
    }

    @Override
    public int[][] assign(int[] labels, int clients) {
        Partition.requireClients(clients, labels.length);
        Stock stock = new Stock(labels, seed);
        int[][] parts = new int[clients][];
        for (int client = 0; client < clients; client++) {
            SplitMix64 random = SplitMix64.of(seed, STREAM, CLIENTS, client);
            double[] proportions = proportions(alpha, stock.classes(), random);
            stock.runDry.forEach(dry -> exclude(proportions, dry));
            int from = (int) ((long) client * labels.length / clients);
            int to = (int) ((client + 1L) * labels.length / clients);
            parts[client] = stock.take(to - from, proportions, random);
        }
        return parts;
    }

    /** The samples that are left, by class. */
    private static final class Stock {

        private final int[][] samples;
        private final int[] left;
        /** One entry for each class that has run dry, in order: the classes that were dry from then on. */
        private final List<boolean[]> runDry = new ArrayList<>();

        Stock(int[] labels, long seed) {
            int classes = Arrays.stream(labels).max().orElse(0) + 1;
            left = new int[classes];
            Arrays.stream(labels).forEach(label -> left[label]++);
            samples = new int[classes][];
            for (int label = 0; label < classes; label++) {
                samples[label] = new int[left[label]];
            }
            int[] next = new int[classes];
            for (int sample = 0; sample < labels.length; sample++) {
                samples[labels[sample]][next[labels[sample]]++] = sample;
            }
            for (int label = 0; label < classes; label++) {
                SplitMix64.of(seed, STREAM, SHUFFLES, label).shuffle(samples[label]);
                if (left[label] == 0) {
                    runDry.add(dry());
                }
            }
        }

        int classes() {
            return left.length;
        }

        /** Draws samples; proportions change as classes run dry. */
        int[] take(int count, double[] proportions, SplitMix64 random) {
            int[] taken = new int[count];
            for (int i = 0; i < count; i++) {
                int label = draw(proportions, random);
                taken[i] = samples[label][--left[label]];
                if (left[label] == 0) {
                    runDry.add(dry());
                    exclude(proportions, runDry.getLast());
                }
            }
            return taken;
        }

        private boolean[] dry() {
            boolean[] dry = new boolean[left.length];
            for (int label = 0; label < dry.length; label++) {
                dry[label] = left[label] == 0;
            }
            return dry;
        }
    }

    static void exclude(double[] proportions, boolean[] dry) {
        double sum = 0;
        for (int label = 0; label < dry.length; label++) {
            proportions[label] = dry[label] ? 0 : proportions[label] + EPSILON;
            sum += proportions[label];
        }
        // After the last sample of all there is no class left.
        for (int label = 0; label < dry.length && sum > 0; label++) {
            proportions[label] /= sum;
        }
    }

    private static int draw(double[] proportions, SplitMix64 random) {
        double point = random.nextDouble() * Arrays.stream(proportions).sum();
        int drawn = -1;
        for (int label = 0; label < proportions.length && point >= 0; label++) {
            if (proportions[label] > 0) {
                drawn = label;
                point -= proportions[label];
            }
        }
        return drawn;
    }

    /** Gamma variates scaled to sum to 1; by logarithms, as for small alpha all of them may be too small for a double. */
    static double[] proportions(double alpha, int classes, SplitMix64 random) {
        double[] logs = new double[classes];
        for (int label = 0; label < classes; label++) {
            logs[label] = logGamma(alpha, random);
        }
        double largest = Arrays.stream(logs).max().orElse(0);
        double[] proportions =
                Arrays.stream(logs).map(log -> StrictMath.exp(log - largest)).toArray();
        double sum = Arrays.stream(proportions).sum();
        return Arrays.stream(proportions).map(value -> value / sum).toArray();
    }

    /**
     * The logarithm of a gamma variate of scale 1: Marsaglia, Tsang, "A simple method for generating gamma variables", 2000.
     * Written out, as {@link SplitMix64} is, so that a seed gives the same partition on every JVM, for ever.
     */
    static double logGamma(double shape, SplitMix64 random) {
        if (shape < 1) {
            return logGamma(shape + 1, random) + StrictMath.log(1 - random.nextDouble()) / shape;
        }
        double d = shape - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = normal(random);
            double root = 1 + c * x;
            double v = root * root * root;
            if (v > 0 && StrictMath.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * StrictMath.log(v)) {
                return StrictMath.log(d) + StrictMath.log(v);
            }
        }
    }

    /** Box and Muller. */
    private static double normal(SplitMix64 random) {
        double radius = Math.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
    }
}
