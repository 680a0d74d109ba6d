package dev.gossamer.fl.nn;

import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Workspace;
import java.util.IdentityHashMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The first samples of a computation's tensors, and whether thresholds are sought for them. */
final class Views {

    private static final String NO_TANGENT = "only a session with tangents keeps them";

    private final Workspace workspace;
    private final int size;
    private final boolean anew;
    private final IdentityHashMap<Tensor, Tensor> views = new IdentityHashMap<>();

    /**
     * Views of a batch.
     *
     * @param anew whether layers that reuse their thresholds look for them in this step
     */
    Views(Workspace workspace, int size, boolean anew) {
        this.workspace = workspace;
        this.size = size;
        this.anew = anew;
    }

    int size() {
        return size;
    }

    boolean anew() {
        return anew;
    }

    Tensor value(Signal signal) {
        return view(signal.value(), size * signal.tiling().count());
    }

    /** Of a signal that is differentiated. */
    Tensor gradient(Signal signal) {
        return view(Objects.requireNonNull(signal.gradient(), "a session that differentiates keeps gradients"));
    }

    /** Null where nobody needs it: for the model's input, and in evaluation. */
    @Nullable
    Tensor gradientOrNull(Signal signal) {
        return signal.gradient() == null ? null : gradient(signal);
    }

    /** Of a signal whose tangent runs along. */
    Tensor tangent(Signal signal) {
        return view(Objects.requireNonNull(signal.tangent(), NO_TANGENT));
    }

    /** Of a signal that is differentiated, and whose tangent runs along. */
    Tensor gradientTangent(Signal signal) {
        return view(Objects.requireNonNull(signal.gradientTangent(), NO_TANGENT));
    }

    /** Null for the model's input. */
    @Nullable
    Tensor gradientTangentOrNull(Signal signal) {
        return signal.gradientTangent() == null ? null : gradientTangent(signal);
    }

    Tensor view(Tensor whole) {
        return view(whole, size);
    }

    private Tensor view(Tensor whole, int columns) {
        return whole.shape().batch() == columns
                ? whole
                : views.computeIfAbsent(whole, tensor -> workspace.view(tensor, columns));
    }
}
