package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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

    // ---- settings
    // ----------------------------------------------------------------------------------------------------

    @Test
    void settingsAreReadAndWritten() {
        assertThat(Partition.parse("iid", 7)).isEqualTo(new Partition.Iid(7));
        assertThat(Partition.parse("label-blocks:2", 7)).isEqualTo(new Partition.LabelBlocks(2));
        for (String spec : new String[] {"iid", "label-blocks:5"}) {
            assertThat(Partition.parse(spec, 7).spec()).isEqualTo(spec);
        }
        refused(() -> Partition.parse("dirichlet", 7), "'dirichlet' is unknown", "iid", "label-blocks:2");
        refused(() -> Partition.parse("label-blocks:two", 7), "'two' is not a number", "label-blocks:2");
        refused(() -> Partition.parse("label-blocks:-1", 7), "label-blocks:-1", "at least 1");
    }

    private static void refused(ThrowingCallable action, String... parts) {
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(action)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
