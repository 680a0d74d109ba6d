package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.ParameterSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bytes of a ResNet-18 as a client sends it, batch norms and all, with random masks on convolutions and the last layer. The
 * rows of the table in docs/communication.md are these.
 */
@Tag("checkout")
class UploadSizesTest {

    private static final double MIB = 1 << 20;
    private static final ModelSpec RESNET = Models.resnet18(new Shape(3, 32, 32, 1), 10);

    /** With exactly {@code round(density · weights)} weights, every choice of them equally likely. */
    private static ModelState resnet(double density) {
        SplittableRandom random = new SplittableRandom(1990);
        long unseen = RESNET.weightCount();
        long wanted = Math.round(density * unseen);
        List<TensorState> tensors = new ArrayList<>();
        for (ParameterSpec parameter : RESNET.parameters()) {
            int[] shape = parameter.dimensions();
            int size = (int) parameter.size();
            if (parameter.kind() != ParameterSpec.Kind.WEIGHT) {
                tensors.add(TensorState.dense(parameter.name(), shape, normal(size, random)));
                continue;
            }
            long[] bits = new long[(size + 63) / 64];
            for (int i = 0; i < size; i++, unseen--) {
                if (random.nextLong(unseen) < wanted) {
                    bits[i >> 6] |= 1L << i;
                    wanted--;
                }
            }
            SparsityPattern pattern = SparsityPattern.fromBits(TensorState.rows(shape), TensorState.cols(shape), bits);
            tensors.add(TensorState.sparse(parameter.name(), shape, pattern, normal((int) pattern.nnz(), random)));
        }
        return new ModelState(tensors);
    }

    /** As weights are distributed. */
    private static float[] normal(int count, SplittableRandom random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian(0, 0.05);
        }
        return values;
    }

    /** What a model's masks take. */
    private record Masks(long payload, long fields, double bound) {

        static Masks of(ModelState model) {
            long payload = 0;
            long fields = 0;
            long nnz = 0;
            long size = 0;
            for (TensorState tensor : model.tensors()) {
                SparsityPattern pattern = tensor.pattern();
                if (pattern != null) {
                    MaskPlan plan = MaskPlan.of(pattern, null);
                    payload += plan.payloadBytes();
                    fields += plan.sizeBytes() - plan.payloadBytes();
                    nnz += pattern.nnz();
                    size += pattern.size();
                }
            }
            double d = (double) nnz / size;
            return new Masks(payload, fields, size * ComparisonForm.entropyBits(d) / 8);
        }
    }

    /** The last columns of CSR and COO are METHODS' ratios; ours has to be above. */
    @ParameterizedTest
    @CsvSource({
        "0.9,   5.0,  2.0, 7.9",
        "0.95,  9.8,  4.0, 15.6",
        "0.99,  45,   19,  67",
        "0.995, 82,   37,  116",
        "0.999, 241,  149, 314"
    })
    void aResNetUpload(double sparsity, double csrRatio, double cooRatio, double lebRatio) throws IOException {
        ModelState model = resnet(1 - sparsity);
        assertThat(model.size()).isEqualTo(11_183_562);
        long sent = RESNET.weightCount() - Math.round(sparsity * RESNET.weightCount());
        assertThat(model.nnz()).isBetween(sent + 19_210 - 1, sent + 19_210 + 1);
        long dense = ComparisonForm.DENSE.sizeBytes(model);
        assertThat(dense).isEqualTo(4 * 11_183_562);
        long coo = ComparisonForm.COO_INT64.sizeBytes(model);
        long csr = ComparisonForm.CSR.sizeBytes(model);
        assertThat((double) dense / csr).isCloseTo(csrRatio, within(csrRatio));
        assertThat((double) dense / coo).isCloseTo(cooRatio, within(cooRatio));

        SparseUpdate update = new SparseUpdate(1, 0, 500, "fedsparsify-global", model);
        byte[] message = WireCodec.encode(update);
        byte[] relative = WireCodec.encode(update, model);
        assertThat(WireCodec.decode(message).equals(update)).isTrue();
        assertThat(WireCodec.decode(relative, DecodeOptions.DEFAULT, model).equals(update))
                .isTrue();
        assertThat((double) dense / message.length).isGreaterThan(lebRatio);

        Masks masks = Masks.of(model);
        assertThat(masks.payload).isLessThanOrEqualTo((long) (1.03 * masks.bound));
        assertThat(masks.payload + masks.fields).isLessThanOrEqualTo((long) (1.03 * masks.bound));
        assertThat(documented())
                .contains(row(sparsity, model.nnz(), coo, csr, message.length, masks, relative.length, dense));
    }

    /** Two bytes for each value, masks and all else being the same. */
    @ParameterizedTest
    @ValueSource(doubles = {0.9, 0.99})
    void aResNetUploadWithRoundedValues(double sparsity) throws IOException {
        ModelState model = resnet(1 - sparsity);
        long dense = ComparisonForm.DENSE.sizeBytes(model);
        SparseUpdate update = new SparseUpdate(1, 0, 500, "fedsparsify-global", model);
        List<Long> lengths = new ArrayList<>();
        for (ModelState reference : Arrays.asList(null, model)) {
            long exact = WireCodec.encode(update, reference).length;
            long half =
                    WireCodec.encodeRounded(update, ValueType.F16, reference).message().length;
            long values =
                    model.tensors().stream().mapToLong(Messages::valueBytes).sum();
            assertThat(exact - half).isEqualTo(values - 2 * model.nnz());
            assertThat(WireCodec.encodeRounded(update, ValueType.BF16, reference)
                            .message())
                    .hasSize((int) half);
            lengths.addAll(List.of(exact, half));
        }
        StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "| %.1f %% |", 100 * sparsity));
        lengths.forEach(
                length -> row.append(String.format(Locale.ROOT, " %,d (%.1fx) |", length, (double) dense / length)));
        assertThat(documented()).contains(row);
    }

    private static org.assertj.core.data.Offset<Double> within(double printed) {
        return org.assertj.core.api.Assertions.within(printed < 10 ? 0.05 : 0.5);
    }

    private static String row(
            double sparsity, long nnz, long coo, long csr, long ours, Masks masks, long relative, long dense) {
        return String.format(
                Locale.ROOT,
                "| %s %% | %,d | %,d | %,d (%.1fx) | %,d (%.1fx) | **%,d (%.1fx)** | %,d + %d | %,.0f | %.4f | %,d (%.1fx) |",
                Math.round(sparsity * 1000) / 10.0,
                nnz,
                dense,
                coo,
                (double) dense / coo,
                csr,
                (double) dense / csr,
                ours,
                (double) dense / ours,
                masks.payload,
                masks.fields,
                masks.bound,
                masks.payload / masks.bound,
                relative,
                (double) dense / relative);
    }

    private static String documented() throws IOException {
        return Files.readString(Path.of("..", "docs", "communication.md"));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.8, 0.82, 0.85, 0.87, 0.885, 0.887, 0.89, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999})
    void masksTakeAtMostThreePercentMoreThanTheBound(double sparsity) {
        SplittableRandom random = new SplittableRandom(8);
        int size = 2_359_296;
        long[] bits = new long[size / 64];
        for (int i = 0; i < size; i++) {
            if (random.nextDouble() >= sparsity) {
                bits[i >> 6] |= 1L << i;
            }
        }
        SparsityPattern pattern = SparsityPattern.fromBits(512, 4608, bits);
        MaskPlan plan = MaskPlan.of(pattern, null);
        assertThat(plan.kind()).isEqualTo(MaskKind.RICE);
        assertThat((double) plan.sizeBytes()).isLessThanOrEqualTo(1.03 * ComparisonForm.entropyBytes(pattern));
        // And not below it, which would be a count that is wrong.
        assertThat((double) plan.sizeBytes()).isGreaterThan(ComparisonForm.entropyBytes(pattern));
    }

    /** ZeroFL's uploads at 90 and 95 % sparsity with a mask ratio of 0, 0.1 and 0.2: weights of this density, in MB. */
    @ParameterizedTest
    @CsvSource({"0.1, 10.1", "0.2, 18.7", "0.3, 27.3", "0.05, 5.9", "0.15, 14.4", "0.25, 23.0"})
    void csrIsNoLargerThanZeroFlsFiles(double density, double megabytes) {
        ModelState model = resnet(density);
        long bytes = ComparisonForm.CSR.sizeBytes(model);
        assertThat(bytes / MIB).isLessThanOrEqualTo(megabytes);
        assertThat(bytes / 1e6).isLessThanOrEqualTo(megabytes);
        // It is the same format, so not much smaller either.
        assertThat(bytes / MIB).isGreaterThan(0.7 * megabytes);
    }

    @Test
    void theFloorOfAnUploadIsWhatIsNeverPruned() {
        ModelState model = resnet(0);
        assertThat(model.nnz()).isEqualTo(19_210);
        byte[] message = WireCodec.encode(new SparseUpdate(1, 0, 500, "m", model));
        assertThat(message.length).isBetween(3 * 19_210, 4 * 19_210);
    }
}
