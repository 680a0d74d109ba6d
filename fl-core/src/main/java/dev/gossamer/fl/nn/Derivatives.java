package dev.gossamer.fl.nn;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Values;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a session's stages derive where that is not plain training, and where they put it. */
final class Derivatives {

    private final @Nullable GradientSettings settings;
    private final DenseTwins twins;
    private final @Nullable DenseTwins tangents;

    private Derivatives(@Nullable GradientSettings settings, DenseTwins twins, @Nullable DenseTwins tangents) {
        this.settings = settings;
        this.twins = twins;
        this.tangents = tangents;
    }

    /** A training step that also leaves the dense gradients of what has a twin. */
    static Derivatives training(DenseTwins weights) {
        return new Derivatives(null, weights, null);
    }

    /** Dense gradients of all that is trained, in role GRADIENT. */
    static Derivatives gradients(GradientSettings settings, DenseTwins trained) {
        return new Derivatives(settings, trained, null);
    }

    /**
     * The same, and their tangents.
     *
     * @param tangents of all that is trained: the direction in role THETA, tangents of gradients in role GRADIENT
     */
    static Derivatives tangents(GradientSettings settings, DenseTwins trained, DenseTwins tangents) {
        return new Derivatives(settings, trained, tangents);
    }

    /** Null in training. */
    @Nullable
    GradientSettings settings() {
        return settings;
    }

    boolean hasTangents() {
        return tangents != null;
    }

    /** Where the gradient goes. */
    Values gradient(Parameter parameter) {
        return settings == null ? parameter.gradient() : twins.of(parameter, Role.GRADIENT);
    }

    /** Where it goes as well. */
    @Nullable
    Values alsoGradient(Parameter parameter) {
        return settings == null && twins.has(parameter) ? twins.of(parameter, Role.GRADIENT) : null;
    }

    /** The direction. */
    Values tangent(Parameter parameter) {
        return given().of(parameter, Role.THETA);
    }

    /** Where the tangent of the gradient goes. */
    Values gradientTangent(Parameter parameter) {
        return given().of(parameter, Role.GRADIENT);
    }

    /** Room for a term of it. The role of weights is free, as twins have none. */
    Values gradientTangentPart(Parameter parameter) {
        return given().of(parameter, Role.WEIGHT);
    }

    private DenseTwins given() {
        return Objects.requireNonNull(tangents, "only a session with tangents has a direction");
    }
}
