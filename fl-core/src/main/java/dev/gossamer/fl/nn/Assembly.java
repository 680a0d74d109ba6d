package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.BatchNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A session's stages while layers add them. */
public final class Assembly {

    private final Workspace workspace;
    private final int maxBatch;
    private final boolean training;
    private final @Nullable Derivatives derivatives;
    private final SparsePlan plan;
    private final Network network;
    private final Tiling tiling;
    private final List<Stage> stages = new ArrayList<>();
    private @Nullable RandomStream stream;
    private int sites;

    /**
     * Without stages.
     *
     * @param training whether there will be a backward pass
     * @param plan what layers keep in training
     * @param derivatives what it derives, if that is not plain training
     * @param tiling the finest that samples are cut into; whole ones where there will be a backward pass
     */
    Assembly(
            Workspace workspace,
            Network network,
            int maxBatch,
            boolean training,
            SparsePlan plan,
            @Nullable Derivatives derivatives,
            Tiling tiling) {
        this.workspace = workspace;
        this.maxBatch = maxBatch;
        this.training = training;
        this.plan = plan;
        this.derivatives = derivatives;
        this.network = network;
        this.tiling = tiling;
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

    /**
     * A signal in tiles that a layer can work on by themselves, each as if it were a sample: the input in the finest, others in
     * tiles that are at most as fine as they are.
     *
     * @param fits whether a tile of that shape can be worked on
     * @param overlap what the layer reads beyond a tile on each side; where samples stay whole it is not added
     */
    Signal tiled(Signal in, Predicate<Shape> fits, int overlap) {
        Shape sample = in.sample();
        Tiling finest = in.isInput() ? tiling : in.tiling();
        while (!finest.isWhole() && !(finest.divides(sample) && fits.test(finest.tiles(sample, 0)))) {
            finest = finest.coarser();
        }
        int beyond = finest.isWhole() ? 0 : overlap;
        return finest.equals(in.tiling()) && beyond == 0 ? in : add(new RetileStage(this, in, finest, beyond));
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
