package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.ParameterSpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DensityRuleTest {

    /** The weights of ResNet-18 for CIFAR-10, its densities by name. */
    private static final List<ParameterSpec> RESNET18 =
            Models.resnet18(new Shape(3, 32, 32, 1), 10).parameters().stream()
                    .filter(parameter -> parameter.kind() == ParameterSpec.Kind.WEIGHT)
                    .toList();

    private static List<List<Integer>> shapes() {
        return RESNET18.stream().map(ParameterSpec::shape).toList();
    }

    private static Map<String, Double> resnet18(DensityRule rule, double density) {
        double[] densities = rule.densities(shapes(), density);
        Map<String, Double> named = new LinkedHashMap<>();
        for (int i = 0; i < densities.length; i++) {
            named.put(RESNET18.get(i).name().replace(".weight", ""), densities[i]);
        }
        return named;
    }

    private static Set<String> dense(Map<String, Double> densities) {
        return densities.entrySet().stream()
                .filter(entry -> entry.getValue() == 1)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    @Test
    void erkAtTenPerCentIsThePublishedTable() {
        Map<String, Double> got = resnet18(DensityRule.ERK, 0.1);
        assertThat(dense(got))
                .containsExactlyInAnyOrder("conv1", "layer2.0.downsample.0", "layer3.0.downsample.0", "fc");
        for (String layer : List.of("layer1.0.conv1", "layer1.0.conv2", "layer1.1.conv1", "layer1.1.conv2")) {
            assertThat(got.get(layer)).as(layer).isCloseTo(0.47968, within(5e-6));
        }
        assertThat(got.get("layer2.0.conv1")).isCloseTo(0.35439, within(5e-6));
        assertThat(got.get("layer2.1.conv2")).isCloseTo(0.23447, within(5e-6));
        assertThat(got.get("layer3.0.conv1")).isCloseTo(0.17451, within(5e-6));
        assertThat(got.get("layer3.1.conv2")).isCloseTo(0.11589, within(5e-6));
        assertThat(got.get("layer4.0.conv1")).isCloseTo(0.08658, within(5e-6));
        assertThat(got.get("layer4.0.downsample.0")).isCloseTo(0.77523, within(5e-6));
        assertThat(got.get("layer4.1.conv2")).isCloseTo(0.05761, within(5e-6));
        // The factor itself, from a layer of 64x64x3x3.
        assertThat(got.get("layer1.0.conv1") * 64 * 64 * 9 / 134).isCloseTo(131.96187, within(5e-5));
    }

    @Test
    void erkAtFivePerCentIsThePublishedTable() {
        Map<String, Double> got = resnet18(DensityRule.ERK, 0.05);
        assertThat(dense(got)).containsExactlyInAnyOrder("conv1", "layer2.0.downsample.0", "fc");
        assertThat(got.get("layer3.0.downsample.0")).isCloseTo(0.75419, within(5e-6));
        assertThat(got.get("layer4.0.downsample.0")).isCloseTo(0.37612, within(5e-6));
        assertThat(got.get("layer1.1.conv2")).isCloseTo(0.23273, within(5e-6));
        assertThat(got.get("layer4.1.conv2")).isCloseTo(0.02795, within(5e-6));
        assertThat(got.get("layer1.0.conv1") * 64 * 64 * 9 / 134).isCloseTo(64.02376, within(5e-5));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.9, 0.5, 0.2, 0.1, 0.05, 0.01, 0.001})
    void erkKeepsTheModelsDensity(double density) {
        double[] densities = DensityRule.ERK.densities(shapes(), density);
        double kept = 0;
        for (int i = 0; i < densities.length; i++) {
            assertThat(densities[i]).isGreaterThan(0).isLessThanOrEqualTo(1);
            kept += densities[i] * RESNET18.get(i).size();
        }
        assertThat(kept).isCloseTo(density * 11_164_352, within(1e-3));
    }

    @Test
    void uniformLeavesTheFirstLayerDense() {
        double[] densities = DensityRule.UNIFORM.densities(shapes(), 0.1);
        assertThat(densities[0]).isEqualTo(1);
        assertThat(Arrays.stream(densities).skip(1)).containsOnly(0.1);
    }

    @ParameterizedTest
    @EnumSource(DensityRule.class)
    void aDenseModelIsDenseEverywhere(DensityRule rule) {
        assertThat(rule.densities(shapes(), 1)).containsOnly(1.0);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.1, 1.0001, Double.NaN})
    void otherDensitiesAreRefused(double density) {
        assertThatThrownBy(() -> DensityRule.ERK.densities(shapes(), density))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("density");
    }

    /** ceil, without what rounding adds: 0.1 times 30 is above 3 in doubles. */
    @Test
    void keptIsTheCeiling() {
        assertThat(DensityRule.kept(0.1, 30)).isEqualTo(3);
        assertThat(DensityRule.kept(0.1, 31)).isEqualTo(4);
        assertThat(DensityRule.kept(0.1, 11_164_352)).isEqualTo(1_116_436);
        assertThat(DensityRule.kept(1 - 0.9, 10)).isEqualTo(1);
        assertThat(DensityRule.kept(1, 7)).isEqualTo(7);
        assertThat(DensityRule.kept(1e-9, 7)).isEqualTo(1);
        assertThat(DensityRule.kept(0.5, 0)).isZero();
    }
}
