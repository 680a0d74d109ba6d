package dev.gossamer.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CloseTest {

    private static final float ULP = Math.ulp(1f);

    private static void check(float got, float want, float magnitude, long terms) {
        Close.check("x", new float[] {0, got}, new float[] {0, want}, new float[] {1, magnitude}, terms);
    }

    @Test
    void allowsWhatTheArithmeticAllows() {
        assertThatCode(() -> check(1, 1, 0, 0)).doesNotThrowAnyException();
        // 2 · terms · u · magnitude = 2 · 4 · 2^-24 = 4 ulps of 1.
        assertThatCode(() -> check(1 + 4 * ULP, 1, 1, 4)).doesNotThrowAnyException();
        assertThatThrownBy(() -> check(1 + 5 * ULP, 1, 1, 4)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> check(1 + 4 * ULP, 1, 1, 3)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> check(1 + 4 * ULP, 1, 0.5f, 4)).isInstanceOf(AssertionError.class);
    }

    @Test
    void saysWhichNumberIsWrong() {
        assertThatThrownBy(() -> check(3, 1, 1, 4))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll("x[1]", "got 3.0", "want 1.0", "off by 2.0", "4.76837158203125E-7", "1 of 2");
    }

    @ParameterizedTest
    @ValueSource(floats = {1, Float.NaN, Float.POSITIVE_INFINITY})
    void nanIsNeverClose(float want) {
        assertThatThrownBy(() -> check(Float.NaN, want, Float.MAX_VALUE, 1000)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> check(1, Float.NaN, Float.MAX_VALUE, 1000)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> check(1, 1.5f, Float.NaN, 1000)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> Close.check("x", Float.NaN, want, 1e30, 10)).isInstanceOf(AssertionError.class);
    }

    @Test
    void infinityIsCloseToItselfOnly() {
        float infinity = Float.POSITIVE_INFINITY;
        assertThatCode(() -> check(infinity, infinity, 1, 1)).doesNotThrowAnyException();
        assertThatThrownBy(() -> check(infinity, 1, 1e30f, 1)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> check(-infinity, infinity, 1, 1)).isInstanceOf(AssertionError.class);
    }

    @Test
    void refusesAnotherLength() {
        float[] one = {1};
        float[] none = {};
        assertThatThrownBy(() -> Close.check("x", none, one, one, 1)).hasMessageContaining("got 0 numbers, want 1");
        assertThatThrownBy(() -> Close.same("x", one, none)).hasMessageContaining("got 1 numbers, want 0");
        assertThatThrownBy(() -> Close.sameBits("x", one, none)).isInstanceOf(AssertionError.class);
    }

    @Test
    void sameIgnoresTheSignOfZeroAndSameBitsDoesNot() {
        float[] plus = {0f};
        float[] minus = {-0f};
        float[] nan = {Float.NaN};
        assertThatCode(() -> Close.same("x", plus, minus)).doesNotThrowAnyException();
        assertThatCode(() -> Close.same("x", nan, nan)).doesNotThrowAnyException();
        assertThatThrownBy(() -> Close.same("x", nan, plus)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> Close.same("x", plus, nan)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> Close.same("x", new float[] {1}, new float[] {1 + ULP}))
                .isInstanceOf(AssertionError.class);
        assertThatCode(() -> Close.sameBits("x", nan, nan)).doesNotThrowAnyException();
        assertThatThrownBy(() -> Close.sameBits("x", plus, minus)).hasMessageContaining("80000000");
    }
}
