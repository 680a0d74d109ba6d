package dev.gossamer.fl.nn;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.codec.TensorState;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A trainable parameter in a workspace: an index {@link Space} and the values over it. With a pattern it is stored,
 * multiplied, differentiated and updated as nnz numbers; what the pattern lacks is zero and stays zero.
 */
public final class Parameter {

    private final Workspace workspace;
    private final ParameterSpec spec;
    private final Space space;
    private final Values theta;
    private final Values gradient;

    Parameter(Workspace workspace, ParameterSpec spec) {
        this.workspace = workspace;
        this.spec = spec;
        int[] shape = spec.dimensions();
        this.space = shape.length == 1
                ? workspace.space(shape[0])
                : workspace.space(Geometry.matrix(TensorState.rows(shape), TensorState.cols(shape)));
        this.theta = workspace.values(space, Role.THETA);
        this.gradient = workspace.values(space, Role.GRADIENT);
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

    /** What the layer multiplies with: theta itself. */
    public Values effective() {
        return theta;
    }

    /** Gradient of the loss in theta, overwritten by every step. */
    public Values gradient() {
        return gradient;
    }

    /** Takes pattern and values. The space is repatterned only if the pattern is another one: plans are costly. */
    void load(TensorState state) {
        if (!Objects.equals(space.pattern(), state.pattern())) {
            workspace.repattern(space, state.pattern());
        }
        workspace.upload(MemorySegment.ofArray(state.values()), theta);
    }

    /** Pattern and values as they are now. Waits. */
    TensorState state() {
        return state(theta);
    }

    /** Pattern and gradient as they are now. Waits. */
    TensorState gradientState() {
        return state(gradient);
    }

    private TensorState state(Values values) {
        float[] host = new float[Math.toIntExact(space.nnz())];
        workspace.download(values, MemorySegment.ofArray(host));
        return space.pattern() == null
                ? TensorState.dense(spec.name(), spec.dimensions(), host)
                : TensorState.sparse(spec.name(), spec.dimensions(), space.pattern(), host);
    }
}
