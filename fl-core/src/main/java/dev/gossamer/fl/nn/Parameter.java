package dev.gossamer.fl.nn;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A parameter in a workspace: an index {@link Space} and the values over it. With a pattern it is stored, multiplied,
 * differentiated and updated as nnz numbers; what the pattern lacks is zero and stays zero. State that is not trained has
 * neither pattern nor gradient.
 *
 * <p>Theta, its gradient, momentum and anchor live side by side; what layers multiply with may be a power of theta, kept
 * beside it and refreshed once after each change of theta.
 */
public final class Parameter {

    private final Workspace workspace;
    private final ParameterSpec spec;
    private final Space space;
    private final Values theta;
    private final Values effective;
    private final @Nullable Values gradient;
    private int nonZero;

    Parameter(Workspace workspace, ParameterSpec spec, PowerPropagation power) {
        this.workspace = workspace;
        this.spec = spec;
        int[] shape = spec.dimensions();
        this.space = shape.length == 1 ? workspace.space(shape[0]) : workspace.space(geometry(shape));
        this.theta = workspace.values(space, Role.THETA);
        this.effective = power.isIdentity() ? theta : workspace.values(space, Role.WEIGHT);
        this.gradient = spec.kind().trained() ? workspace.values(space, Role.GRADIENT) : null;
    }

    /** Backends store weights of convolutions by other measures than those of linear layers; the plane does not matter. */
    private static Geometry geometry(int[] shape) {
        return shape.length == 4
                ? new Geometry(shape[1], shape[2] + 1, shape[3] + 1, shape[0], shape[2], shape[3], 1, 0)
                : Geometry.matrix(TensorState.rows(shape), TensorState.cols(shape));
    }

    public ParameterSpec spec() {
        return spec;
    }

    public Space space() {
        return space;
    }

    /** What is stored, averaged and sent. */
    public Values theta() {
        return theta;
    }

    /** What the layer multiplies with: theta itself, or its power as of the last refresh. */
    public Values effective() {
        return effective;
    }

    /** Whether {@link #effective} is a power of theta. */
    boolean isPower() {
        return effective != theta;
    }

    public boolean trained() {
        return spec.kind().trained();
    }

    /** Gradient of the loss in theta, overwritten by every step; only of what is trained. */
    public Values gradient() {
        return Objects.requireNonNull(gradient, "only what is trained has a gradient");
    }

    /** Takes pattern and values. The space is repatterned only if the pattern is another one: plans are costly. */
    void load(TensorState state) {
        if (!trained() && state.pattern() != null) {
            throw new IllegalArgumentException(
                    "Tensor '" + spec.name() + "' is state that is not trained; it has to be dense, without a pattern");
        }
        if (!Objects.equals(space.pattern(), state.pattern())) {
            workspace.repattern(space, state.pattern());
        }
        workspace.upload(MemorySegment.ofArray(state.values()), theta);
        nonZero = nonZero(state.values());
    }

    /** The sign of the sum tells whether a magnitude is above 0: without a branch, and in ints, the loop is compiled to vectors. */
    private static int nonZero(float[] values) {
        int count = 0;
        for (float value : values) {
            count += ((Float.floatToRawIntBits(value) & Integer.MAX_VALUE) + Integer.MAX_VALUE) >>> 31;
        }
        return count;
    }

    /** The share of all entries that were not zero when they were loaded. */
    double density() {
        return (double) nonZero / spec.size();
    }

    /** Gives every entry a value, 0 to those that the pattern lacked, so that all can be trained. */
    void densify() {
        if (space.pattern() != null) {
            workspace.repattern(space, null);
        }
    }

    /** Takes what the optimiser remembers. */
    void loadMomentum(TensorState state) {
        if (!state.name().equals(spec.name()) || !Objects.equals(space.pattern(), state.pattern())) {
            throw new IllegalArgumentException("Momentum of '" + state.name()
                    + "' belongs to another tensor or has another pattern than parameter '" + spec.name() + "'");
        }
        workspace.upload(MemorySegment.ofArray(state.values()), workspace.values(space, Role.MOMENTUM));
    }

    /** Pattern and what the optimiser remembers. Waits. */
    TensorState momentumState() {
        return state(workspace.values(space, Role.MOMENTUM));
    }

    /** Pattern and values as they are now. Waits. */
    TensorState state() {
        return state(theta);
    }

    /** Pattern and gradient as they are now. Waits. */
    TensorState gradientState() {
        return state(gradient());
    }

    private TensorState state(Values values) {
        float[] host = new float[Math.toIntExact(space.nnz())];
        workspace.download(values, MemorySegment.ofArray(host));
        return space.pattern() == null
                ? TensorState.dense(spec.name(), spec.dimensions(), host)
                : TensorState.sparse(spec.name(), spec.dimensions(), space.pattern(), host);
    }
}
