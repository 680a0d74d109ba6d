package dev.gossamer.fl.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How training samples are dealt to clients. */
public sealed interface Partition permits Partition.ByLabel, Partition.Natural {

    /**
     * Deals the training samples of a data set to clients.
     *
     * @return for each client the indices of its samples; no sample goes to two clients
     * @throws DataException if this partition is impossible with these samples and so many clients
     */
    int[][] assign(Dataset data, int clients);

    /** The setting as in a configuration: {@link #parse} reads it. */
    String spec();

    /** Whether {@link #parse} reads that. */
    static boolean isSpec(String spec) {
        try {
            parse(spec, 0);
            return true;
        } catch (DataException e) {
            return false;
        }
    }

    /**
     * Reads {@code iid}, {@code label-blocks:K}, {@code dirichlet:ALPHA} or {@code natural}.
     *
     * @param seed of the random order, where the partition has one
     * @throws DataException naming what is allowed
     */
    static Partition parse(String spec, long seed) {
        if (spec.equals("iid")) {
            return new Iid(seed);
        }
        if (spec.equals("natural")) {
            return new Natural();
        }
        if (spec.startsWith(DirichletPartition.PREFIX)) {
            return DirichletPartition.parse(spec, seed);
        }
        String prefix = "label-blocks:";
        if (spec.startsWith(prefix)) {
            try {
                return new LabelBlocks(Integer.parseInt(spec.substring(prefix.length())));
            } catch (NumberFormatException e) {
                throw new DataException(
                        "Partition '" + spec + "': '" + spec.substring(prefix.length())
                                + "' is not a number of classes; write for example label-blocks:2",
                        e);
            }
        }
        throw new DataException("Partition '" + spec + "' is unknown: use iid; label-blocks:K with K classes for each"
                + " client, for example label-blocks:2; dirichlet:ALPHA with a concentration, for example dirichlet:1.0;"
                + " or natural, where the data set has clients of its own");
    }

    /** What looks at the samples' classes alone. */
    sealed interface ByLabel extends Partition permits Iid, LabelBlocks, DirichletPartition {

        /** As the other, of samples with these classes. */
        int[][] assign(int[] labels, int clients);

        @Override
        default int[][] assign(Dataset data, int clients) {
            return assign(data.train().labelArray(), clients);
        }
    }

    /** Each person whom samples come from is a client: all of them, with as many samples as they have. */
    record Natural() implements Partition {

        @Override
        public int[][] assign(Dataset data, int clients) {
            List<int[]> natural = data.naturalClients();
            if (natural.isEmpty()) {
                throw new DataException("Partition natural: data set " + data.name()
                        + " does not say whom its samples come from. Use iid, label-blocks:K or dirichlet:ALPHA");
            }
            if (natural.size() != clients) {
                throw new DataException("Partition natural: data set " + data.name() + " has " + natural.size()
                        + " clients, not " + clients + ". Set clients to " + natural.size()
                        + "; participation says how many of them a round asks");
            }
            return natural.stream().map(int[]::clone).toArray(int[][]::new);
        }

        @Override
        public String spec() {
            return "natural";
        }
    }

    /** All samples in random order, cut into equal parts; the sizes differ by one at most where they must. */
    record Iid(long seed) implements ByLabel {

        private static final long STREAM = 0x11D;

        @Override
        public int[][] assign(int[] labels, int clients) {
            requireClients(clients, labels.length);
            int[] order = IntStream.range(0, labels.length).toArray();
            SplitMix64.of(seed, STREAM).shuffle(order);
            int[][] parts = new int[clients][];
            for (int client = 0; client < clients; client++) {
                int from = (int) ((long) client * labels.length / clients);
                int to = (int) ((client + 1L) * labels.length / clients);
                parts[client] = Arrays.copyOfRange(order, from, to);
            }
            return parts;
        }

        @Override
        public String spec() {
            return "iid";
        }
    }

    /**
     * FedSparsify's Non-IID partition: samples sorted by class are cut into {@code clients · k} equal chunks; client by
     * client takes, scanning what is left in class order, the first chunks with no class that it has already, until it
     * has {@code k}. With balanced classes every client gets the same number of samples, of k classes.
     *
     * <p>Where classes are of unequal size, as in a part of a data set, and the chunks divide among them, each class is cut by
     * itself into chunks that differ by a sample at most: no chunk then has two classes, and what balanced classes give is
     * the same.
     *
     * @param classesPerClient k, at least 1
     */
    record LabelBlocks(int classesPerClient) implements ByLabel {

        public LabelBlocks {
            if (classesPerClient < 1) {
                throw new DataException("Partition label-blocks:" + classesPerClient
                        + ": a client needs at least 1 class, for example label-blocks:2");
            }
        }

        @Override
        public int[][] assign(int[] labels, int clients) {
            requireClients(clients, labels.length);
            long chunks = (long) clients * classesPerClient;
            int classes = (int) Arrays.stream(labels).distinct().count();
            if (chunks % classes == 0 && isUnbalanced(labels, classes)) {
                return deal(chunksByClass(labels, (int) (chunks / classes)), labels, clients);
            }
            if (labels.length % chunks != 0) {
                throw new DataException("Partition " + spec() + " cuts the samples into " + clients + " clients x "
                        + classesPerClient + " = " + chunks + " equal chunks, which " + labels.length
                        + " samples do not divide into: choose another number of clients or classes, or iid");
            }
            return deal(chunks(labels, (int) (labels.length / chunks)), labels, clients);
        }

        private static boolean isUnbalanced(int[] labels, int classes) {
            return Arrays.stream(labels)
                    .boxed()
                    .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
                    .values()
                    .stream()
                    .anyMatch(count -> count * classes != labels.length);
        }

        private int[][] deal(List<int[]> left, int[] labels, int clients) {
            int[][] parts = new int[clients][];
            for (int client = 0; client < clients; client++) {
                parts[client] = take(left, labels, client);
            }
            return parts;
        }

        /** Samples in class order (within a class as they came), cut into chunks. */
        private static List<int[]> chunks(int[] labels, int chunkSize) {
            int[] order = IntStream.range(0, labels.length)
                    .boxed()
                    .sorted(Comparator.comparingInt(sample -> labels[sample]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            List<int[]> chunks = new ArrayList<>();
            for (int from = 0; from < order.length; from += chunkSize) {
                chunks.add(Arrays.copyOfRange(order, from, from + chunkSize));
            }
            return chunks;
        }

        /** Each class, as its samples came, cut into {@code perClass} chunks. */
        private List<int[]> chunksByClass(int[] labels, int perClass) {
            List<int[]> chunks = new ArrayList<>();
            int[] classes = Arrays.stream(labels).distinct().sorted().toArray();
            for (int each : classes) {
                int[] samples = IntStream.range(0, labels.length)
                        .filter(sample -> labels[sample] == each)
                        .toArray();
                if (samples.length < perClass) {
                    throw new DataException("Partition " + spec() + " cuts class " + each + " into " + perClass
                            + " chunks, but it has " + samples.length
                            + " samples: choose fewer clients or classes, or iid");
                }
                for (int chunk = 0; chunk < perClass; chunk++) {
                    int from = (int) ((long) samples.length * chunk / perClass);
                    int to = (int) ((long) samples.length * (chunk + 1) / perClass);
                    chunks.add(Arrays.copyOfRange(samples, from, to));
                }
            }
            return chunks;
        }

        private int[] take(List<int[]> left, int[] labels, int client) {
            List<int[]> taken = new ArrayList<>();
            BitSet held = new BitSet();
            for (int i = 0; i < left.size() && taken.size() < classesPerClient; ) {
                BitSet classes = new BitSet();
                Arrays.stream(left.get(i)).forEach(sample -> classes.set(labels[sample]));
                if (classes.intersects(held)) {
                    i++;
                } else {
                    held.or(classes);
                    taken.add(left.remove(i));
                }
            }
            if (taken.size() < classesPerClient) {
                throw new DataException("Partition " + spec() + ": client " + client + " finds only " + taken.size()
                        + " of " + classesPerClient + " chunks with classes that it does not have yet."
                        + " Choose fewer classes for each client, a number of clients for which chunks and classes"
                        + " line up, or iid");
            }
            return taken.stream().flatMapToInt(Arrays::stream).toArray();
        }

        @Override
        public String spec() {
            return "label-blocks:" + classesPerClient;
        }
    }

    static void requireClients(int clients, int samples) {
        if (clients < 1 || clients > samples) {
            throw new DataException(
                    "There must be between 1 and " + samples + " clients (one sample each at least), not " + clients);
        }
    }
}
