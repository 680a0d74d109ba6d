package dev.gossamer.fl.nn;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Numbers for parameters over dense spaces of their own, whatever patterns the parameters have. */
final class DenseTwins {

    private final Workspace workspace;
    private final Map<Parameter, Space> spaces = new LinkedHashMap<>();

    DenseTwins(Workspace workspace, List<Parameter> parameters) {
        this.workspace = workspace;
        for (Parameter parameter : parameters) {
            Space space = parameter.space();
            spaces.put(
                    parameter,
                    space.rows() == 1 && parameter.spec().shape().size() == 1
                            ? workspace.space(space.cols())
                            : workspace.space(Geometry.matrix(space.rows(), space.cols())));
        }
    }

    boolean has(Parameter parameter) {
        return spaces.containsKey(parameter);
    }

    Values of(Parameter parameter, Role role) {
        return workspace.values(Objects.requireNonNull(spaces.get(parameter), "a parameter without a twin"), role);
    }

    void zero(Role role) {
        spaces.values().forEach(space -> workspace.dense().fill(workspace.values(space, role), 0));
    }

    /** {@code to += alpha·from}. */
    void add(float alpha, Role from, Role to) {
        spaces.values()
                .forEach(space ->
                        workspace.dense().axpy(alpha, workspace.values(space, from), workspace.values(space, to)));
    }

    /** Takes over a model's tensors of these names, absent entries as 0. */
    void load(ModelState model, Role role) {
        spaces.forEach((parameter, space) -> workspace.upload(
                MemorySegment.ofArray(model.tensor(parameter.spec().name()).toDense()), workspace.values(space, role)));
    }

    /** Copied to the host under the parameters' names. Waits. */
    ModelState state(Role role) {
        List<TensorState> tensors = new ArrayList<>();
        spaces.forEach((parameter, space) -> {
            float[] host = new float[Math.toIntExact(space.size())];
            workspace.download(workspace.values(space, role), MemorySegment.ofArray(host));
            ParameterSpec spec = parameter.spec();
            tensors.add(TensorState.dense(spec.name(), spec.dimensions(), host));
        });
        return new ModelState(tensors);
    }
}
