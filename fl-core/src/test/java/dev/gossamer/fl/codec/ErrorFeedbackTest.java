package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorFeedbackTest {

    /** Values of all sizes that the types hold, subnormal ones among them. */
    private static float[] values(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) Math.scalb(random.nextDouble(-1, 1), random.nextInt(-148, 15));
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource
    void decodedAndResidualAreTheOriginalExactly(ValueType type) {
        SparsityPattern pattern = SparsityPattern.fromMask(100, 200, (row, col) -> (row + col) % 7 == 0);
        int nnz = (int) pattern.nnz();
        SparseUpdate update = Messages.update(
                TensorState.sparse("w", new int[] {100, 200}, pattern, values(nnz, 1)),
                TensorState.dense("b", new int[] {5000}, values(5000, 2)));
        RoundedMessage sent = WireCodec.encodeRounded(update, type, null);
        ModelState decoded = WireCodec.decode(sent.message()).model();

        boolean rounded = false;
        for (TensorState tensor : update.model().tensors()) {
            float[] got = decoded.tensor(tensor.name()).values();
            float[] residual = sent.residual().tensor(tensor.name()).values();
            assertThat(sent.residual().tensor(tensor.name()).pattern()).isEqualTo(tensor.pattern());
            for (int i = 0; i < got.length; i++) {
                // In f32 as in f64: neither sum has anything to round.
                assertThat(got[i] + residual[i]).isEqualTo(tensor.values()[i]);
                assertThat((double) got[i] + residual[i]).isEqualTo(tensor.values()[i]);
                rounded |= residual[i] != 0;
            }
        }
        assertThat(rounded).isEqualTo(type != ValueType.F32);
    }

    /** The same small step a thousand times: without the residual each one is rounded to the same wrong number. */
    @Test
    void overRoundsNothingIsLost() {
        float step = 1.001f;
        SparseUpdate update = Messages.update(TensorState.dense("w", new int[] {1}, new float[] {step}));
        ModelState residual = Messages.update(TensorState.dense("w", new int[] {1}, new float[1]))
                .model();
        double with = 0;
        double without = 0;
        for (int round = 0; round < 1000; round++) {
            SparseUpdate compensated = Messages.update(
                    ErrorFeedback.withResidual(update.model(), residual).tensor("w"));
            RoundedMessage sent = WireCodec.encodeRounded(compensated, ValueType.BF16, null);
            residual = sent.residual();
            with += value(sent);
            without += value(WireCodec.encodeRounded(update, ValueType.BF16, null));
        }
        assertThat(with).isCloseTo(1000.0 * step, within(1 / 256.0));
        assertThat(without).isEqualTo(1000.0);
    }

    private static float value(RoundedMessage sent) {
        return WireCodec.decode(sent.message()).model().tensor("w").values()[0];
    }

    @Test
    void aResidualGoesToTheEntriesThatAreStillThere() {
        TensorState tensor = Messages.at("w", new int[] {2, 4}, 1, 2, 7);
        TensorState residual = Messages.at("w", new int[] {2, 4}, 2, 3, 7);
        float[] values = {10, 20, 30};
        assertThat(sum(tensor.with(tensor.pattern(), values), residual.with(residual.pattern(), new float[] {1, 2, 4})))
                .containsExactly(10, 21, 34);
        assertThat(sum(tensor.with(tensor.pattern(), values), tensor.with(tensor.pattern(), new float[] {1, 2, 4})))
                .containsExactly(11, 22, 34);
        assertThat(sum(tensor.with(tensor.pattern(), values), tensor.with(null, new float[] {9, 1, 2, 9, 9, 9, 9, 4})))
                .containsExactly(11, 22, 34);
        assertThat(sum(tensor.with(null, new float[8]), residual.with(residual.pattern(), new float[] {1, 2, 4})))
                .containsExactly(0, 0, 1, 2, 0, 0, 0, 4);
        assertThat(values).containsExactly(10, 20, 30);
    }

    private static float[] sum(TensorState tensor, TensorState residual) {
        return ErrorFeedback.withResidual(new ModelState(List.of(tensor)), new ModelState(List.of(residual)))
                .tensor("w")
                .values();
    }

    @Test
    void aResidualOfAnotherModelIsRefused() {
        ModelState model =
                Messages.update(Messages.dense("w", new int[] {4}, 1)).model();
        ModelState other =
                Messages.update(Messages.dense("w", new int[] {5}, 1)).model();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErrorFeedback.withResidual(model, other))
                .withMessageContaining("residual");
    }
}
