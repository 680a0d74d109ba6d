package dev.gossamer.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Cases;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The oracle against numbers worked out by hand: what everything else is compared with must itself stand on something. */
class OracleTest {

    /** {@code [[2, 0, 3], [0, 0, 0], [0, -1, 0]]}. */
    private static final SparsityPattern PATTERN =
            SparsityPattern.of(3, 3, new int[] {0, 2, 2, 3}, new int[] {0, 2, 1});

    private static final float[] VALUES = {2, 3, -1};
    private static final float[] B = {1, 2, 3, 4, 5, 6};

    @Test
    void multiplies() {
        float[] old = {1, 1, 1, 1, 1, 1};
        assertThat(Spmm.spmm(1, PATTERN, VALUES, B, 2, 0, old)).containsExactly(17, 22, 0, 0, -3, -4);
        assertThat(Spmm.spmm(2, PATTERN, VALUES, B, 2, 10, old)).containsExactly(44, 54, 10, 10, 4, 2);
        assertThat(Spmm.spmmTransposed(1, PATTERN, VALUES, B, 2, 0, old)).containsExactly(2, 4, -5, -6, 3, 6);
        assertThat(Spmv.spmv(1, PATTERN, VALUES, new float[] {1, 2, 3}, -1, new float[] {1, 1, 1}))
                .containsExactly(10, -1, -3);
        assertThat(Sddmm.sddmm(1, PATTERN, B, B, 2, 0, VALUES)).containsExactly(5, 17, 39);
        assertThat(Gemm.gemm(false, false, 1, 2, 2, 1, new float[] {1, 2}, new float[] {3, 4, 5, 6}, 0, old))
                .containsExactly(13, 16);
        assertThat(Gemm.gemm(true, true, 2, 1, 2, 1, new float[] {1, 2}, new float[] {3, 4}, 1, old))
                .containsExactly(4, 5, 7, 9);
    }

    @Test
    void neverReadsTheOutputWhereBetaIsZero() {
        float[] nan = {Float.NaN, Float.NaN, Float.NaN, Float.NaN, Float.NaN, Float.NaN};
        assertThat(Spmm.spmm(1, PATTERN, VALUES, B, 2, 0, nan)).doesNotContain(Float.NaN);
        assertThat(Spmm.spmmTransposed(1, PATTERN, VALUES, B, 2, 0, nan)).doesNotContain(Float.NaN);
        assertThat(Sddmm.sddmm(1, PATTERN, B, B, 2, 0, nan)).doesNotContain(Float.NaN);
    }

    @Test
    void runsALayerForwardAndBack() {
        float[] bias = {-20, 0, 4};
        float[] zero = new float[6];
        assertThat(LinearProduct.forward(PATTERN, VALUES, B, 2, 0, zero, bias, true))
                .containsExactly(0, 2, 0, 0, 1, 0);
        assertThat(LinearProduct.forward(PATTERN, VALUES, B, 2, 0, zero, bias, false))
                .containsExactly(-3, 2, 0, 0, 1, 0);
        boolean[] mask = {true, false, true, true, true, true};
        assertThat(LinearProduct.inputGradient(PATTERN, VALUES, B, 2, 0, zero, mask))
                .containsExactly(2, 0, -5, -6, 3, 6);
        assertThat(LinearProduct.weightGradient(PATTERN, B, B, 2, 1, VALUES)).containsExactly(7, 20, 38);
        SparsityPattern some = SparsityPattern.fromFlatIndices(1, 3, new int[] {0, 2});
        assertThat(LinearProduct.biasGradient(some, B, 2, 0, zero)).containsExactly(3, 11);
    }

    /** One channel of 2×3, a kernel of 2×2 without its lower left corner, stride 2 and padding 1: 2×2 outputs. */
    @Test
    void convolves() {
        Geometry geometry = new Geometry(1, 2, 3, 1, 2, 2, 2, 1);
        SparsityPattern kernel = SparsityPattern.fromFlatIndices(1, 4, new int[] {0, 1, 3});
        float[] w = {10, 100, 1};
        float[] zero = new float[6];
        assertThat(Convolution.forward(geometry, kernel, w, B, 1, 0, zero, new float[] {-3}, false))
                .containsExactly(-2, 0, 397, 647);
        assertThat(Convolution.forward(geometry, kernel, w, B, 1, 2, new float[] {1, 2, 3, 4}, null, true))
                .containsExactly(3, 7, 406, 658);
        float[] gy = {1, 2, 3, 4};
        boolean[] mask = {true, true, true, true, false, true};
        assertThat(Convolution.inputGradient(geometry, kernel, w, gy, 1, 0, zero, mask))
                .containsExactly(1, 0, 2, 300, 0, 400);
        assertThat(Convolution.weightGradient(geometry, kernel, B, gy, 1, 1, w)).containsExactly(30, 136, 8);
        assertThat(Convolution.biasGradient(geometry, SparsityPattern.full(1, 1), gy, 1, 0, zero))
                .containsExactly(10);
    }

    /** One channel of 2×3, windows of 2×2 with stride 1 and padding 1: 3×4 outputs. */
    @Test
    void pools() {
        Window window = new Window(2, 2, 1, 1);
        Shape in = new Shape(1, 2, 3, 1);
        float[] x = {1, 5, 5, -4, -6, Float.NaN};
        Pool.Largest largest = Pool.max(window, in, x);
        assertThat(largest.y()).containsExactly(1, 5, 5, 5, 1, 5, Float.NaN, Float.NaN, -4, -4, Float.NaN, Float.NaN);
        assertThat(largest.chosen()).containsExactly(3, 3, 2, 2, 1, 1, 3, 2, 1, 0, 1, 0);
        float[] ones = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        boolean[] mask = {true, true, true, false, true, true};
        assertThat(Pool.maxGradient(window, in, largest.chosen(), ones, 0, x, mask))
                .containsExactly(2, 3, 1, 0, 0, 4);
        assertThat(Pool.average(window, in, B))
                .containsExactly(0.25f, 0.75f, 1.25f, 0.75f, 1.25f, 3, 4, 2.25f, 1, 2.25f, 2.75f, 1.5f);
        assertThat(Pool.averageGradient(window, in, ones, 2, B, null)).containsExactly(3, 5, 7, 9, 11, 13);
        assertThat(Pool.average(Window.whole(in), in, B)).containsExactly(3.5f);
    }

    /** Two channels of two values: 1 and 5 (mean 3, variance 4), twice 2 (mean 2, variance 0). */
    @Test
    void normalises() {
        Shape shape = Shape.of(2, 2);
        float[] x = {1, 5, 2, 2};
        BatchNormalization.Statistics batch = BatchNormalization.Statistics.of(shape, x);
        assertThat(batch.mean()).containsExactly(3, 2);
        assertThat(batch.variance()).containsExactly(4, 0);
        // Bessel: 4·2/1 = 8.
        assertThat(batch.runningMean(new float[] {1, 0}, 0.5f)).containsExactly(2, 1);
        assertThat(batch.runningVariance(new float[] {2, 1}, 0.5f, 2)).containsExactly(5, 0.5f);
        assertThat(batch.runningVariance(new float[] {2, 1}, 0.5f, 1)).containsExactly(3, 0.5f);
        // The inverse deviations are 1/sqrt(4 + 12) and 1/sqrt(12); x̂ = ∓0.5 and 0.
        float[] gamma = {4, 3};
        float[] beta = {1, -1};
        assertThat(BatchNormalization.forward(shape, x, batch, gamma, beta, 12, null, false))
                .containsExactly(-1, 3, -1, -1);
        assertThat(BatchNormalization.forward(shape, x, batch, gamma, beta, 12, new float[] {0, 1, 2, 0}, true))
                .containsExactly(0, 4, 1, 0);
        // gy − Σ/2 = ∓1; Σ gy·x̂ = 1, so that x̂·Σ/2 = ∓0.25; gamma·inverseDeviation = 1.
        BatchNormalization.Gradients g = BatchNormalization.gradient(
                shape,
                x,
                new float[] {3, 2},
                new float[] {0.25f, 0.5f},
                gamma,
                new float[] {2, 4, 1, 5},
                1,
                new float[] {10, 10, 10, 10},
                new boolean[] {true, true, true, false});
        assertThat(g.gx()).containsExactly(9.25f, 10.75f, 7, 0);
        assertThat(g.gGamma()).containsExactly(1, 0);
        assertThat(g.gBeta()).containsExactly(6, 6);
    }

    /** Key 0, step 0, site 0 give the words 6627e8d5, e169c58d, bc57ac4c and 9b00dbd8: 0.4, 0.88, 0.74 and 0.61 of 2^32. */
    @Test
    void dropsOut() {
        boolean[] kept = Dropout.kept(4, 0.625f, 0, 0, 0);
        assertThat(kept).containsExactly(false, true, true, false);
        float[] x = {Float.NaN, 3, 6, 9};
        float[] y = {1, 2, 3, 4};
        assertThat(Dropout.dropout(x, 0.5f, kept, 0, x, null)).containsExactly(0, 6, 12, 0);
        assertThat(Dropout.dropout(x, 0.5f, kept, 10, y, new boolean[] {true, false, true, true}))
                .containsExactly(10, 0, 42, 40);
    }

    /**
     * Key 0, step 0, site 0, position 0 give the words 0.4, 0.88 and 0.74 of 2^32: of 0 to 2 rows the 1st, of 0 to 2 columns
     * the 2nd, mirrored. That is no row down, one column to the right, then left for right.
     */
    @Test
    void cropsAndMirrors() {
        MemorySegment image = MemorySegment.ofArray(new byte[] {1, 2, 3, 4, 5, 6});
        Shape one = new Shape(1, 2, 3, 1);
        RandomStream stream = new Handles.ReferenceStream(this);
        int[] picks = {0};
        assertThat(bytes(Batches.augmented(image, one, picks, new Augmentation(1, true, stream, 0), 0, 0, 0)))
                .containsExactly(0, 3, 2, 0, 6, 5);
        assertThat(bytes(Batches.augmented(image, one, picks, new Augmentation(1, false, stream, 0), 0, 0, 0)))
                .containsExactly(2, 3, 0, 5, 6, 0);
        assertThat(bytes(Batches.augmented(image, one, picks, new Augmentation(0, true, stream, 0), 0, 0, 0)))
                .containsExactly(3, 2, 1, 6, 5, 4);
        // 0.399·5 is just below 2: of 0 to 4 rows the 1st, of 0 to 4 columns the 4th. One row up, two to the right.
        assertThat(bytes(Batches.augmented(image, one, picks, new Augmentation(2, false, stream, 0), 0, 0, 0)))
                .containsExactly(0, 0, 0, 3, 0, 0);
    }

    private static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void descends() {
        float[] theta = {1};
        float[] momentum = {2};
        SgdStep.apply(theta, new float[] {3}, momentum, new float[] {0.5f}, 0.5f, new Sgd(0.5f, true, 0.25f, 2));
        // d = 3 + 0.25·1 + 2·(1 − 0.5) = 4.25; v = 0.5·2 + 4.25 = 5.25; θ = 1 − 0.5·(4.25 + 0.5·5.25).
        assertThat(momentum).containsExactly(5.25f);
        assertThat(theta).containsExactly(-2.4375f);
    }

    @Test
    void raisesToSignedPowers() {
        float[] theta = {4, -4, 0};
        assertThat(SignedPower.weights(theta, 1.5f)).containsExactly(8, -8, 0);
        assertThat(SignedPower.gradient(theta, new float[] {1, 2, 3}, 1.5f)).containsExactly(3, 6, 0);
        assertThat(SignedPower.gradient(theta, new float[] {1, 2, 3}, 1)).containsExactly(1, 2, 3);
    }

    @Test
    void classifies() {
        // Two classes, two samples: even logits of the first, ln 3 apart in the second.
        float ln3 = (float) Math.log(3);
        SoftmaxCrossEntropy.Result result = SoftmaxCrossEntropy.of(new float[] {0, ln3, 0, 0}, 2, 2, new int[] {0, 1});
        assertThat(result.correct()).isEqualTo(1);
        assertThat(result.lossSum()).isCloseTo(Math.log(2) + Math.log(4), Offset.offset(1e-7));
        assertThat(result.gradient()).containsExactly(-0.25f, 0.375f, 0.25f, -0.375f);
    }

    @Test
    void selectsAsTheHostDoes() {
        Cases.check("selection on the host", 30, c -> {
            float[] numbers = c.tiedValues(1 + c.random().nextInt(200));
            int k = 1 + c.random().nextInt(numbers.length);
            assertThat(Selection.kthMagnitude(numbers, k))
                    .isEqualTo(MagnitudeSelection.kthLargest(List.of(MemorySegment.ofArray(numbers)), k));
        });
    }

    @Test
    void compresses() {
        float[] x = {-2, 1, 2, -0f, -3, 2};
        assertThat(Compression.top(x, 3)).containsExactly(-2, 0, 2, 0, -3, 0);
        assertThat(Compression.top(x, 0)).containsOnly(0);
        assertThat(Compression.top(new float[] {1, Float.NaN, Float.POSITIVE_INFINITY}, 1))
                .containsExactly(0, Float.NaN, 0);
    }

    @Test
    void isFoundByName() {
        Backends.Candidate candidate = Backends.candidates().stream()
                .filter(found -> found.name().equals("reference"))
                .findFirst()
                .orElseThrow();
        assertThat(candidate.availability()).isInstanceOf(Availability.Available.class);
        try (var backend = Backends.open("reference", BackendOptions.defaults()).backend();
                var workspace = backend.workspace(1)) {
            assertThat(workspace.product(Geometry.linear(2, 3)).describe()).contains("double");
        }
    }
}
