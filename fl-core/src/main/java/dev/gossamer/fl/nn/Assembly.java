package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.BatchNorm;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session's stages while layers add them. */
public final class Assembly {

    private final Workspace workspace;
    private final int maxBatch;
    private final boolean training;
    private final @Nullable Derivatives derivatives;
    private final SparsePlan plan;
    private final Network network;
    private final List<Stage> stages = new ArrayList<>();
    private @Nullable RandomStream stream;
    private int sites;

    /**
     * Without stages.
     *
     * @param training whether there will be a backward pass
     * @param plan what layers keep in training
     * @param derivatives what it derives, if that is not plain training
     */
    Assembly(
            Workspace workspace,
            Network network,
            int maxBatch,
            boolean training,
            SparsePlan plan,
            @Nullable Derivatives derivatives) {
        this.workspace = workspace;
        this.maxBatch = maxBatch;
        this.training = training;
        this.plan = plan;
        this.derivatives = derivatives;
        this.network = network;
    }

    Workspace workspace() {
        return workspace;
    }

    int maxBatch() {
        return maxBatch;
    }

    /** Whether there will be a backward pass; if not, nothing is saved and layers do what they do in evaluation. */
    boolean training() {
        return training;
    }

    /** Whether dropout drops. */
    boolean drops() {
        return training && (derivatives == null || derivatives.settings() == null);
    }

    /** Whether tangents run along. */
    boolean hasTangents() {
        return derivatives != null && derivatives.hasTangents();
    }

    /** The stage of a linear layer or a convolution. */
    Stage product(Geometry geometry, Signal in, Parameter weight, @Nullable Parameter bias, Activation activation) {
        return derivatives == null
                ? new ProductStage(this, geometry, in, weight, bias, activation)
                : new DerivedProductStage(this, derivatives, geometry, in, weight, bias, activation);
    }

    /** The stage of a batch norm. */
    Stage batchNorm(
            Signal in,
            @Nullable Signal residual,
            BatchNorm norm,
            Parameter gamma,
            Parameter shift,
            Activation activation) {
        GradientSettings settings = derivatives == null ? null : derivatives.settings();
        if (derivatives == null || settings == null) {
            return new BatchNormStage(this, in, residual, norm, gamma, shift, activation);
        }
        return settings.batchStatistics()
                ? new DerivedNormStage(this, derivatives, in, residual, norm, gamma, shift, activation)
                : new FixedNormStage(this, derivatives, in, residual, norm, gamma, shift, activation);
    }

    /** What the layer of these weights keeps. */
    SparsePlan.Kept kept(Parameter weight) {
        return training ? plan.of(weight) : SparsePlan.Kept.ALL;
    }

    Parameter parameter(String name) {
        return network.parameter(name);
    }

    /** Puts a stage behind the others and returns its output. */
    Signal add(Stage stage) {
        stage.connect();
        stages.add(stage);
        return stage.out();
    }

    List<Stage> stages() {
        return stages;
    }

    /** What dropout and augmentation draw from: made on first use, since most models draw nothing. */
    RandomStream stream() {
        if (stream == null) {
            stream = workspace.randomStream();
        }
        return stream;
    }

    @Nullable
    RandomStream streamOrNull() {
        return stream;
    }

    /** A number that sets one use of the stream apart from the others. */
    int site() {
        return sites++;
    }
}
