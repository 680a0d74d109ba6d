package dev.gossamer.fl.nn;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Loss, gradients and one epoch of SGD of fully connected layers against PyTorch. */
@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
record GoldenMlpTest(String backend) {

    /** Float32 against float64 over sums of at most 12 terms of size 1, through 3 layers and 3 steps. */
    private static final GoldenNetwork MLP = new GoldenNetwork("mlp", Models.mlp(12, 9, 7, 4), 2e-6);

    @Test
    void denseAgreesWithPyTorch() {
        check(MLP.dense(), "dense");
    }

    @Test
    void patternedAgreesWithMaskedPyTorch() {
        check(MLP.sparse(), "sparse");
    }

    private void check(ModelState start, String variant) {
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1)) {
            MLP.check(workspace, start, variant);
        }
    }
}
