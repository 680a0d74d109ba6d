package dev.gossamer.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Numbers;
import dev.gossamer.testkit.reference.SignedPower;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** {@code signedPower} and its gradient: every exponent of f32, the published alphas and others, dense and sparse. */
public abstract class SignedPowerContract extends BackendContract {

    /** Powers that a backend may take by products and roots, neighbours of theirs, and others. */
    private static final Float[] ALPHAS = {
        1.25f, 1.5f, 2f, 3f, 4f, 5f, 1.75f, 2.5f, 4.25f, 8f, 1.2500001f, 1.0000001f, 1.1f, 3.9999998f, 6.7f, 60f
    };

    /** Numbers of one space. */
    @SuppressWarnings("ArrayRecordComponent") // lives as long as its case
    private record Member(Space space, float[] theta, float[] gradient) {

        static Member of(Rig rig, Space space, float[] theta, float[] gradient) {
            rig.values(space, Role.THETA, theta);
            rig.values(space, Role.WEIGHT, Numbers.nan(theta.length));
            rig.values(space, Role.GRADIENT, gradient);
            return new Member(space, theta, gradient);
        }

        float[] get(Rig rig, Role role) {
            return rig.read(rig.workspace().values(space, role));
        }
    }

    @Test
    void raisesAsTheOracle() {
        cases("signed power", 64, (c, rig) -> {
            float alpha = c.turn("alpha", ALPHAS);
            List<Member> members = new ArrayList<>();
            for (int i = c.pick("members", 0, 1, 2, 9, 17); i > 0; i--) { // a launch may take several, not all
                Space space = space(c, rig);
                int nnz = Math.toIntExact(space.nnz());
                members.add(Member.of(rig, space, anyFloats(c, nnz), c.values(nnz)));
            }
            List<Space> group = members.stream().map(Member::space).toList();

            rig.workspace().train().signedPower(group, alpha);
            rig.workspace().train().signedPowerGradient(group, alpha);

            for (Member member : members) {
                checkWeights(member.get(rig, Role.WEIGHT), member.theta, alpha);
                checkGradient(member.get(rig, Role.GRADIENT), member, alpha);
                Close.sameBits("theta afterwards", member.get(rig, Role.THETA), member.theta);
            }
        });
    }

    /** Numbers of every exponent beside those that training has: all bits but NaN's. */
    private static float[] anyFloats(Case c, int count) {
        float[] numbers = c.values(count);
        for (int i = 0; i < count; i += 2) {
            float any = Float.intBitsToFloat(c.random().nextInt());
            numbers[i] = Float.isNaN(any) ? Float.POSITIVE_INFINITY : any;
        }
        return numbers;
    }

    private static Space space(Case c, Rig rig) {
        int[] size = c.sizes("rows, cols", 2, 5_000);
        return switch (c.pick("kind", "matrix", "vector", "pattern", "pattern")) {
            case "matrix" -> rig.space(size[0], size[1], null);
            case "vector" -> rig.workspace().space(size[0]);
            default -> rig.space(size[0], size[1], c.pattern(size[0], size[1]));
        };
    }

    private static void checkWeights(float[] got, float[] theta, float alpha) {
        float[] want = SignedPower.weights(theta, alpha);
        for (int i = 0; i < theta.length; i++) {
            near("weight", theta[i], got[i], want[i], 6, Float.MIN_VALUE * (1.0 + Math.abs(theta[i])));
        }
    }

    private static void checkGradient(float[] got, Member member, float alpha) {
        float[] want = SignedPower.gradient(member.theta, member.gradient, alpha);
        for (int i = 0; i < want.length; i++) {
            double powerOff = Float.MIN_VALUE * (1.0 + (alpha + 1.0) * Math.abs(member.gradient[i]));
            near("gradient", member.theta[i], got[i], want[i], 7, powerOff);
        }
    }

    /** The oracle is itself rounded, twice or thrice; zeros have the sign that was asked for. */
    private static void near(String what, float theta, float got, float want, int units, double least) {
        double bound = (units + 3) * Close.UNIT * Math.abs((double) want) + least;
        boolean same = want == got || (Float.isNaN(want) && Float.isNaN(got));
        // What lies within rounding of the largest number may be infinite on one side.
        boolean brim = Math.abs(want) >= Float.MAX_VALUE * (1 - 10 * Close.UNIT)
                && Math.abs(got) >= Float.MAX_VALUE * (1 - 10 * Close.UNIT);
        boolean sign = Float.isNaN(want) || Math.copySign(1, got) == Math.copySign(1, want);
        boolean close = same || brim || Math.abs((double) got - want) <= bound;
        if (!close || !sign) {
            throw new AssertionError(what + "[theta=" + theta + "]: got " + got + ", want " + want);
        }
    }

    @Test
    void isTheIdentityAtOne() {
        cases("signed power of 1", 12, (c, rig) -> {
            Space space = space(c, rig);
            int nnz = Math.toIntExact(space.nnz());
            float[] gradient = anyFloats(c, nnz);
            Member member = Member.of(rig, space, anyFloats(c, nnz), gradient);
            rig.workspace().train().signedPower(List.of(space), 1);
            rig.workspace().train().signedPowerGradient(List.of(space), 1);
            Close.sameBits("weight", member.get(rig, Role.WEIGHT), member.theta);
            Close.sameBits("gradient", member.get(rig, Role.GRADIENT), gradient);
        });
    }

    /** Weights and slopes of 0.16 and -0.5, from the formula in double. */
    @Test
    void givesTheKnownNumbers() {
        known(1.25f, 0.101192885, -0.420448208, 0.790569415, 1.051120519);
        known(2, 0.0256, -0.25, 0.32, 1);
        known(4, 0.00065536, -0.0625, 0.016384, 0.5);
        known(1.1f, 0.133208504, -0.466516488, 0.915808506, 1.026336296);
    }

    private void known(float alpha, double firstWeight, double secondWeight, double firstSlope, double secondSlope) {
        try (Rig rig = rig()) {
            Member member = Member.of(rig, rig.workspace().space(2), new float[] {0.16f, -0.5f}, new float[] {1, 1});
            rig.workspace().train().signedPower(List.of(member.space), alpha);
            rig.workspace().train().signedPowerGradient(List.of(member.space), alpha);
            float[] magnitudes = {1, 1};
            float[] weights = {(float) firstWeight, (float) secondWeight};
            float[] slopes = {(float) firstSlope, (float) secondSlope};
            Close.check("weight", member.get(rig, Role.WEIGHT), weights, magnitudes, 2);
            Close.check("slope", member.get(rig, Role.GRADIENT), slopes, magnitudes, 2);
        }
    }

    /** What every power leaves as it is, to the bit, and the slopes there. */
    @Test
    void fixesZeroOneAndInfinity() {
        float inf = Float.POSITIVE_INFINITY;
        float[] theta = {0, -0f, inf, -inf, Float.NaN, 1, -1};
        for (float alpha : ALPHAS) {
            try (Rig rig = rig()) {
                float[] ones = Numbers.filled(theta.length, 1);
                Member member = Member.of(rig, rig.workspace().space(theta.length), theta, ones);
                rig.workspace().train().signedPower(List.of(member.space), alpha);
                rig.workspace().train().signedPowerGradient(List.of(member.space), alpha);
                float[] weights = member.get(rig, Role.WEIGHT);
                float[] slopes = member.get(rig, Role.GRADIENT);
                assertThat(weights[4]).isNaN();
                weights[4] = Float.NaN; // of whatever bits
                Close.sameBits("weight", weights, theta);
                Close.same("slope", slopes, new float[] {0, 0, inf, inf, Float.NaN, alpha, alpha});
            }
        }
    }

    /** The slope is the derivative of the weight that the backend itself gives. */
    @Test
    void slopeIsTheDifferenceOfTheWeight() {
        try (Rig rig = rig()) {
            float step = 1f / 1024;
            float[] theta = {0.25f, -0.25f, 0.75f, 1, -2};
            float[] moved = new float[2 * theta.length];
            for (int i = 0; i < theta.length; i++) {
                moved[2 * i] = theta[i] + step;
                moved[2 * i + 1] = theta[i] - step;
            }
            for (float alpha : new float[] {1.25f, 1.6f, 3}) {
                Member around = Member.of(rig, rig.workspace().space(moved.length), moved, Numbers.nan(moved.length));
                float[] ones = {1, 1, 1, 1, 1};
                Member at = Member.of(rig, rig.workspace().space(theta.length), theta, ones);
                rig.workspace().train().signedPower(List.of(around.space), alpha);
                rig.workspace().train().signedPowerGradient(List.of(at.space), alpha);
                float[] w = around.get(rig, Role.WEIGHT);
                float[] slopes = at.get(rig, Role.GRADIENT);
                for (int i = 0; i < theta.length; i++) {
                    // Truncation is step²/6 times the third derivative, here below 10; rounding 8·2^-24/step.
                    double difference = ((double) w[2 * i] - w[2 * i + 1]) / (2.0 * step);
                    assertThat(difference).isCloseTo(slopes[i], Offset.offset(5e-4));
                }
            }
        }
    }

    /** Powerpropagation's step: theta 0.5 to 0.47, its weight to 0.2209; what is zero stays zero above alpha = 1 only. */
    @Test
    void trainsThroughThePower() {
        try (Rig rig = rig()) {
            Space space = rig.space(1, 2, null);
            Values theta = rig.values(space, Role.THETA, new float[] {0.5f, 0});
            Values gradient = rig.values(space, Role.GRADIENT, new float[2]);
            Values weight = rig.values(space, Role.WEIGHT, Numbers.nan(2));
            Cell rate = rig.cell(0.1f);
            List<Space> group = List.of(space);
            Step step = rig.workspace().record(() -> {
                rig.workspace().train().signedPowerGradient(group, 2);
                rig.workspace().train().sgd(group, rate, Sgd.PLAIN);
                rig.workspace().train().signedPower(group, 2);
            });
            rig.upload(gradient, new float[] {0.3f, 0.3f});
            step.run();
            float[] moved = rig.read(theta);
            assertThat(moved[0]).isCloseTo(0.47f, Offset.offset(1e-7f));
            assertThat(moved[1]).isZero();
            float[] weights = rig.read(weight);
            assertThat(weights[0]).isCloseTo(0.2209f, Offset.offset(1e-7f));
            assertThat(weights[1]).isZero();
        }
    }

    @Test
    void refusesAlphasBelowOne() {
        try (Rig rig = rig()) {
            Space space = rig.space(1, 2, null);
            Member.of(rig, space, new float[2], new float[2]);
            List<Space> group = List.of(space);
            for (float alpha : new float[] {0.99999994f, 0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
                assertThatThrownBy(() -> rig.workspace().train().signedPower(group, alpha))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("alpha");
                assertThatThrownBy(() -> rig.workspace().train().signedPowerGradient(group, alpha))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("alpha");
            }
        }
    }

    @Test
    void refusesSpacesWithoutTheRolesItNeeds() {
        try (Rig rig = rig()) {
            Space space = rig.space(1, 2, null);
            rig.values(space, Role.THETA, new float[2]);
            List<Space> group = List.of(space);
            assertThatThrownBy(() -> rig.workspace().train().signedPower(group, 2))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("WEIGHT");
            assertThatThrownBy(() -> rig.workspace().train().signedPowerGradient(group, 2))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("GRADIENT");
            rig.values(space, Role.WEIGHT, new float[2]);
            List<Space> twice = List.of(space, space);
            assertThatThrownBy(() -> rig.workspace().train().signedPower(twice, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("twice");
        }
    }
}
