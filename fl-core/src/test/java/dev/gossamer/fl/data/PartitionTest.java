package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartitionTest {

    private static int[] balanced(int samples, int classes) {
        int[] labels = IntStream.range(0, samples).map(i -> i % classes).toArray();
        SplitMix64.of(3).shuffle(labels);
        return labels;
    }

    private static Set<Integer> classes(int[] part, int[] labels) {
        return Arrays.stream(part).mapToObj(sample -> labels[sample]).collect(Collectors.toSet());
    }

    private static Set<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().collect(Collectors.toSet());
    }

    private static void dealsEachSampleOnce(int[][] parts, int samples) {
        assertThat(Arrays.stream(parts).flatMapToInt(Arrays::stream).sorted().toArray())
                .isEqualTo(IntStream.range(0, samples).toArray());
    }

    // ---- label blocks: the published results
    // -------------------------------------------------------------------------

    @Test
    void fashionMnistTenClientsOfTwoClasses() {
        golden(60_000, 10, 10, 2, 6_000, client -> range(client / 2 * 2, client / 2 * 2 + 2));
    }

    @Test
    void cifar10TenClientsOfFiveClasses() {
        golden(50_000, 10, 10, 5, 5_000, client -> client < 5 ? range(0, 5) : range(5, 10));
    }

    @Test
    void cifar100TenClientsOfFiftyClasses() {
        golden(50_000, 100, 10, 50, 5_000, client -> client < 5 ? range(0, 50) : range(50, 100));
    }

    @ParameterizedTest
    @CsvSource({"60000, 10, 2, 600", "50000, 10, 5, 500", "50000, 100, 50, 500"})
    void aHundredClients(int samples, int classes, int classesPerClient, int samplesPerClient) {
        int[] labels = balanced(samples, classes);
        int[][] parts = new Partition.LabelBlocks(classesPerClient).assign(labels, 100);
        dealsEachSampleOnce(parts, samples);
        assertThat(parts).hasDimensions(100, samplesPerClient);
        for (int[] part : parts) {
            assertThat(classes(part, labels)).hasSize(classesPerClient);
        }
    }

    private static void golden(
            int samples,
            int classes,
            int clients,
            int classesPerClient,
            int samplesPerClient,
            IntFunction<Set<Integer>> expected) {
        int[] labels = balanced(samples, classes);
        int[][] parts = new Partition.LabelBlocks(classesPerClient).assign(labels, clients);
        dealsEachSampleOnce(parts, samples);
        assertThat(parts).hasNumberOfRows(clients);
        for (int client = 0; client < clients; client++) {
            assertThat(parts[client]).hasSize(samplesPerClient);
            assertThat(classes(parts[client], labels)).as("client %d", client).isEqualTo(expected.apply(client));
            int chunk = samples / (clients * classesPerClient);
            for (int label : expected.apply(client)) {
                assertThat(Arrays.stream(parts[client])
                                .filter(sample -> labels[sample] == label)
                                .count())
                        .isEqualTo(chunk);
            }
        }
    }

    @Test
    void withinAClassSamplesKeepTheirOrder() {
        int[] labels = {1, 0, 1, 0, 1, 0, 1, 0};
        assertThat(new Partition.LabelBlocks(2).assign(labels, 2)).isEqualTo(new int[][] {{1, 3, 0, 2}, {5, 7, 4, 6}});
    }

    @Test
    void classesOfUnequalSizeAreCutByThemselves() {
        int[] labels = IntStream.range(0, 1_000)
                .map(sample -> sample < 530 ? sample % 2 : 2 + sample % 2)
                .toArray();
        int[][] parts = new Partition.LabelBlocks(2).assign(labels, 4);
        dealsEachSampleOnce(parts, labels.length);
        for (int client = 0; client < 4; client++) {
            assertThat(classes(parts[client], labels)).isEqualTo(client < 2 ? Set.of(0, 1) : Set.of(2, 3));
            assertThat(parts[client].length).isBetween(client < 2 ? 264 : 234, client < 2 ? 266 : 236);
        }
        refused(() -> new Partition.LabelBlocks(1).assign(new int[] {0, 0, 0, 1}, 4), "class 1 into 2", "1 samples");
    }

    @Test
    void impossibleBlocksAreRefused() {
        int[] labels = balanced(60_000, 10);
        refused(() -> new Partition.LabelBlocks(2).assign(labels, 7), "7 clients x 2 = 14", "60000", "iid");
        refused(() -> new Partition.LabelBlocks(20).assign(labels, 10), "label-blocks:20", "client 0", "10 of 20");
        refused(() -> new Partition.LabelBlocks(0), "label-blocks:0", "at least 1");
        refused(() -> new Partition.LabelBlocks(2).assign(labels, 0), "not 0");
    }

    // ---- iid
    // ---------------------------------------------------------------------------------------------------------

    @Test
    void iidDealsEqualShuffledParts() {
        int[] labels = balanced(60_000, 10);
        int[][] parts = new Partition.Iid(1990).assign(labels, 10);
        dealsEachSampleOnce(parts, 60_000);
        assertThat(parts).hasDimensions(10, 6_000);
        for (int[] part : parts) {
            int[] counts = new int[10];
            Arrays.stream(part).forEach(sample -> counts[labels[sample]]++);
            // 600 expected, standard deviation 22
            assertThat(Arrays.stream(counts))
                    .allSatisfy(count -> assertThat(count).isBetween(490, 710));
        }
        assertThat(new Partition.Iid(1990).assign(labels, 10)).isEqualTo(parts);
        assertThat(new Partition.Iid(1991).assign(labels, 10)[0]).isNotEqualTo(parts[0]);
    }

    @Test
    void iidSizesDifferByOneWhereTheyMust() {
        int[][] parts = new Partition.Iid(1).assign(new int[103], 10);
        dealsEachSampleOnce(parts, 103);
        assertThat(List.of(parts)).allSatisfy(part -> assertThat(part.length).isBetween(10, 11));
        refused(() -> new Partition.Iid(1).assign(new int[5], 6), "between 1 and 5", "not 6");
    }

    // ---- Dirichlet
    // ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"0.0001, 10", "0.1, 7", "1, 100", "1000, 13"})
    void dirichletDealsEverySampleInEqualParts(double alpha, int clients) {
        // Classes of very different sizes, one without a sample: they run dry at different times.
        int[] labels = IntStream.range(0, 5_003)
                .map(i -> i % 7 == 0 ? i % 5 : i % 3 == 0 ? 9 : 6)
                .toArray();
        DirichletPartition partition = new DirichletPartition(alpha, 1990);
        int[][] parts = partition.assign(labels, clients);
        dealsEachSampleOnce(parts, labels.length);
        assertThat(List.of(parts))
                .allSatisfy(part ->
                        assertThat(part.length).isBetween(labels.length / clients, labels.length / clients + 1));
        assertThat(partition.assign(labels, clients)).isEqualTo(parts);
        assertThat(new DirichletPartition(alpha, 1991).assign(labels, clients)).isNotEqualTo(parts);
    }

    @Test
    void ofLargeConcentrationItIsNearlyIid() {
        int[] labels = balanced(50_000, 10);
        int[][] parts = new DirichletPartition(1000, 3).assign(labels, 10);
        // 500 expected; deviation 15 of the proportion and 21 of the draws. The last clients get what the others left.
        for (int client = 0; client < 7; client++) {
            int[] part = parts[client];
            for (int label = 0; label < 10; label++) {
                int wanted = label;
                assertThat(Arrays.stream(part).filter(sample -> labels[sample] == wanted))
                        .hasSizeBetween(500 - 130, 500 + 130);
            }
        }
    }

    @Test
    void ofSmallConcentrationAClientHasFewClasses() {
        int[] labels = balanced(50_000, 10);
        int[][] parts = new DirichletPartition(0.1, 3).assign(labels, 100);
        double sum = 0;
        for (int client = 0; client < 50; client++) {
            for (int label = 0; label < 10; label++) {
                int wanted = label;
                double share = Arrays.stream(parts[client])
                                .filter(sample -> labels[sample] == wanted)
                                .count()
                        / 500.0;
                sum += share * share;
            }
        }
        // E[sum of q_c^2] = (alpha + 1) / (10 alpha + 1); deviation about 0.2 for one client.
        assertThat(sum / 50).isBetween(0.55 - 0.12, 0.55 + 0.12);
    }

    @Test
    void aClassThatRunsDryLeavesItsShareToTheOthers() {
        double[] proportions = {0.5, 0.3, 0.2};
        DirichletPartition.exclude(proportions, new boolean[] {true, false, false});
        assertThat(proportions).containsExactly(new double[] {0, 0.30001 / 0.50002, 0.20001 / 0.50002}, within(1e-15));
        double[] nothingElse = {1, 0, 0};
        DirichletPartition.exclude(nothingElse, new boolean[] {true, false, false});
        assertThat(nothingElse).containsExactly(new double[] {0, 0.5, 0.5}, within(1e-15));
    }

    @ParameterizedTest
    @CsvSource({"0.1", "0.9", "1", "7.5", "1000"})
    void gammaVariatesHaveTheirMoments(double shape) {
        int draws = 100_000;
        SplitMix64 random = SplitMix64.of(17);
        double[] values = IntStream.range(0, draws)
                .mapToDouble(i -> Math.exp(DirichletPartition.logGamma(shape, random)))
                .toArray();
        double mean = Arrays.stream(values).average().orElseThrow();
        double variance =
                Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum() / draws;
        // Mean and variance are the shape; five deviations of their estimates, the fourth moment being 3 a^2 + 6 a.
        assertThat(mean).isCloseTo(shape, within(5 * Math.sqrt(shape / draws)));
        assertThat(variance).isCloseTo(shape, within(5 * Math.sqrt((2 * shape * shape + 6 * shape) / draws)));
    }

    @Test
    void proportionsOfTinyConcentrationAreStillProportions() {
        double[] proportions = DirichletPartition.proportions(1e-6, 10, SplitMix64.of(4));
        assertThat(Arrays.stream(proportions).sum()).isCloseTo(1, within(1e-12));
        assertThat(Arrays.stream(proportions)).allSatisfy(q -> assertThat(q).isBetween(0.0, 1.0));
    }

    // ---- natural
    // -----------------------------------------------------------------------------------------------------

    @Test
    void naturalIsWhatTheDataSetSays() {
        int[][] people = {{0, 3}, {1}, {2, 4, 5}};
        try (Dataset data = dataset(6, people)) {
            assertThat(new Partition.Natural().assign(data, 3)).isEqualTo(people);
            refused(() -> new Partition.Natural().assign(data, 10), "has 3 clients, not 10", "Set clients to 3");
        }
        try (Dataset data = dataset(6)) {
            refused(() -> new Partition.Natural().assign(data, 3), "some", "does not say whom", "dirichlet:ALPHA");
        }
    }

    private static Dataset dataset(int samples, int[]... people) {
        Arena arena = Arena.ofShared();
        Split split = new Split(arena.allocate(samples), arena.allocate(samples), Shape.of(1, 1), samples);
        return new Dataset("some", split, split, 1, PixelTransform.scale(1), arena, List.of(people), "");
    }

    // ---- settings
    // ----------------------------------------------------------------------------------------------------

    @Test
    void settingsAreReadAndWritten() {
        assertThat(Partition.parse("iid", 7)).isEqualTo(new Partition.Iid(7));
        assertThat(Partition.parse("label-blocks:2", 7)).isEqualTo(new Partition.LabelBlocks(2));
        assertThat(Partition.parse("dirichlet:0.5", 7)).isEqualTo(new DirichletPartition(0.5, 7));
        for (String spec : new String[] {"iid", "label-blocks:5", "dirichlet:1000.0", "natural"}) {
            assertThat(Partition.parse(spec, 7).spec()).isEqualTo(spec);
        }
        refused(() -> Partition.parse("dirichlet", 7), "'dirichlet' is unknown", "iid", "label-blocks:2");
        refused(() -> Partition.parse("dirichlet:much", 7), "'much' is not a number", "dirichlet:1.0");
        for (String alpha : new String[] {"0", "-1", "NaN", "Infinity"}) {
            refused(() -> Partition.parse("dirichlet:" + alpha, 7), "above 0", "dirichlet:1.0");
        }
        refused(() -> Partition.parse("label-blocks:two", 7), "'two' is not a number", "label-blocks:2");
        refused(() -> Partition.parse("label-blocks:-1", 7), "label-blocks:-1", "at least 1");
    }

    private static void refused(ThrowingCallable action, String... parts) {
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(action)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
