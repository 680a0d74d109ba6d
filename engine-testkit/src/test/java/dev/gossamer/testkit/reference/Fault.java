package dev.gossamer.testkit.reference;

import dev.gossamer.testkit.contract.BackendContract;

/** Mistakes that backends make, each with the contract that must find it and a word of what that contract then says. */
enum Fault {
    /** The last row of an SpMM is not written: a partition that ends one row early. */
    DROPPED_LAST_ROW(PlantedFaultsTest.FaultySpmm.class, "C["),
    /** beta = 0 multiplies the old output by 0 instead of not reading it, so that NaN survives. */
    STALE_BETA(PlantedFaultsTest.FaultySpmm.class, "got NaN"),
    /** The bias is written to the padding as well. */
    UNMASKED_TAIL(PlantedFaultsTest.FaultyProduct.class, "padding"),
    /** The ReLU's mask is not applied to the input gradient. */
    IGNORED_MASK(PlantedFaultsTest.FaultyProduct.class, "gx["),
    /** The weight gradient adds to what was there although beta = 0. */
    ADDED_GRADIENT(PlantedFaultsTest.FaultyProduct.class, "gw["),
    /** The weight gradient leaves out the last output position: a loop over the plane that ends early. */
    DROPPED_LAST_POSITION(PlantedFaultsTest.FaultyConvolution.class, "gw["),
    /** A max pool passes over NaN, as a comparison does by itself. */
    LOST_NAN(PlantedFaultsTest.FaultyPool.class, "want NaN"),
    /** The gradient of an average pool overwrites the one of another branch. */
    OVERWRITTEN_BRANCH(PlantedFaultsTest.FaultyPool.class, "gx["),
    /** A max pool's tangent is the largest tangent of a window, not that of the largest element. */
    LARGEST_TANGENT(PlantedFaultsTest.FaultyPool.class, "yDot["),
    /** An overlap has zeros between tiles as it has beyond the image. */
    SEPARATE_TILES(PlantedFaultsTest.FaultyRetile.class, "y["),
    /** The tangent of a batch norm takes the batch's statistics for constants. */
    STANDING_STATISTICS(PlantedFaultsTest.FaultyBatchNorm.class, "yDot["),
    /** The tangent of a batch norm's gradient forgets that x moves. */
    STANDING_INPUT(PlantedFaultsTest.FaultyBatchNorm.class, "gxDot["),
    /** The tangent of the loss's gradient is that of the logits. */
    FORGOTTEN_SOFTMAX(PlantedFaultsTest.FaultySoftmaxCrossEntropy.class, "gradientDot["),
    /** Gradients are summed, not their squares. */
    SUM_OF_GRADIENTS(PlantedFaultsTest.FaultyElementwise.class, "y["),
    /** The running variance is updated without Bessel's correction. */
    BIASED_VARIANCE(PlantedFaultsTest.FaultyBatchNorm.class, "runningVariance["),
    /** The residual is not added. */
    FORGOTTEN_RESIDUAL(PlantedFaultsTest.FaultyBatchNorm.class, "y["),
    /** A stream does not go to its next step. */
    STANDING_STREAM(PlantedFaultsTest.FaultyDropout.class, "y["),
    /** The mask is not applied to a sum of branches. */
    UNMASKED_SUM(PlantedFaultsTest.FaultyAdd.class, "y["),
    /** One element more than asked for is kept: a threshold that takes all ties. */
    ONE_MORE_KEPT(PlantedFaultsTest.FaultySparseActivation.class, "stored["),
    /** The threshold of before is not used: each batch has one of its own. */
    FORGOTTEN_THRESHOLD(PlantedFaultsTest.FaultySparseActivation.class, "stored "),
    /** Of the weights those are stored that were largest when something was first compressed. */
    STUCK_SELECTION(PlantedFaultsTest.FaultySparseWeights.class, "y of run 1"),
    /** Weights below the threshold of before are stored while there is room. */
    FILLED_ROOM(PlantedFaultsTest.FaultySparseWeights.class, "again 0 y["),
    /** The first two entries trade places. */
    SWAPPED_INDEX(PlantedFaultsTest.FaultyGatherScatter.class, "values["),
    /** One output of a dense product is NaN. */
    NAN_OUTPUT(PlantedFaultsTest.FaultyGemm.class, "got NaN"),
    /** Momentum of a dead entry comes back with the entry. */
    KEPT_DEAD_MOMENTUM(PlantedFaultsTest.FaultyWorkspaces.class, "momentum["),
    /** A download writes one number too many. */
    LONG_DOWNLOAD(PlantedFaultsTest.FaultyWorkspaces.class, "guard word"),
    /** Of equal magnitudes the higher index is kept. */
    TIE_AT_HIGHER_INDEX(PlantedFaultsTest.FaultySelection.class, "[pattern]"),
    /** Weight decay is left out. */
    FORGOTTEN_DECAY(PlantedFaultsTest.FaultySgd.class, "theta["),
    /** The signed power loses the sign. */
    LOST_SIGN(PlantedFaultsTest.FaultySignedPower.class, "weight["),
    /** The slope of the signed power lacks the factor alpha. */
    FORGOTTEN_FACTOR(PlantedFaultsTest.FaultySignedPower.class, "gradient["),
    /** The position in the epoch does not move. */
    STUCK_POSITION(PlantedFaultsTest.FaultyBatches.class, "position"),
    /** Samples are cropped but never mirrored. */
    NEVER_MIRRORED(PlantedFaultsTest.FaultyBatches.class, "augmented x["),
    /** The gradient is that of the summed loss, not of the mean. */
    SUMMED_LOSS_GRADIENT(PlantedFaultsTest.FaultySoftmaxCrossEntropy.class, "gradient["),
    /** The momentum term of SGD is left out. */
    FORGOTTEN_MOMENTUM(PlantedFaultsTest.FaultyTrainingStep.class, "[loss]"),
    /** A recorded step does not follow when a pattern changes. */
    FORGOTTEN_CAPTURE(PlantedFaultsTest.FaultyRecordedStep.class, "THETA of convolution"),
    /** A recorded step runs the ops already while it is recorded. */
    EAGER_STEP(PlantedFaultsTest.FaultyChecked.class, "before the first run");

    private final Class<? extends BackendContract> contract;
    private final String symptom;

    Fault(Class<? extends BackendContract> contract, String symptom) {
        this.contract = contract;
        this.symptom = symptom;
    }

    Class<? extends BackendContract> contract() {
        return contract;
    }

    String symptom() {
        return symptom;
    }
}
