package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PowerPropagationTest {

    @ParameterizedTest
    @CsvSource({
        "1.25, 0.16, 0.101192885, 0.790569415",
        "1.25, -0.5, -0.420448208, 1.051120519",
        "1.25, 0, 0, 0",
        "2, -0.5, -0.25, 1",
        "4, 0.16, 0.00065536, 0.016384",
        "1, 0, 0, 1",
        "1, -3, -3, 1"
    })
    void weightsAndSlopesAreThePublishedOnes(float alpha, double theta, double weight, double slope) {
        PowerPropagation power = new PowerPropagation(alpha);
        assertThat(power.weight(theta)).isCloseTo(weight, within(5e-10));
        assertThat(power.slope(theta)).isCloseTo(slope, within(5e-10));
    }

    @Test
    void thetaOfAWeightIsThePublishedOne() {
        assertThat(new PowerPropagation(1.25f).theta(-0.01)).isCloseTo(-0.025118864, within(5e-10));
    }

    /** A step of 0.1 along a gradient of 0.3 by the weight: theta 0.5 to 0.47, the weight to 0.2209. */
    @Test
    void aStepIsThePublishedOne() {
        PowerPropagation power = new PowerPropagation(2);
        double theta = 0.5 - (double) 0.1f * 0.3 * power.slope(0.5);
        assertThat(theta).isCloseTo(0.47, within(1e-8));
        assertThat(power.weight(theta)).isCloseTo(0.2209, within(1e-8));
    }

    @ParameterizedTest
    @ValueSource(floats = {1, 1.25f, 2, 4.5f})
    void thetaIsTheInverseOfTheWeight(float alpha) {
        PowerPropagation power = new PowerPropagation(alpha);
        for (double weight : new double[] {0, 1e-6, -0.03, 0.7, -1, 2.5}) {
            assertThat(power.weight(power.theta(weight))).isCloseTo(weight, within(1e-12));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {1.25f, 1.5f, 3})
    void theSlopeIsTheDifferenceOfTheWeight(float alpha) {
        PowerPropagation power = new PowerPropagation(alpha);
        double h = 1e-5;
        for (double theta : new double[] {0.2, -0.2, 0.9, -1.7}) {
            double difference = (power.weight(theta + h) - power.weight(theta - h)) / (2 * h);
            assertThat(power.slope(theta)).isCloseTo(difference, within(1e-8 * Math.abs(difference)));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0.999f, 0, -1, Float.NaN, Float.POSITIVE_INFINITY})
    void otherExponentsAreRefused(float alpha) {
        assertThatThrownBy(() -> new PowerPropagation(alpha))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("alpha");
    }
}
