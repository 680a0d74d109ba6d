package dev.gossamer.fl.nn;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pooling of each channel's plane.
 *
 * @param name for people: it has no parameters
 * @param kind of each window's elements
 * @param window null for the whole plane
 */
public record PoolSpec(String name, Kind kind, @Nullable Window window) implements LayerSpec {

    /** What is taken from a window. */
    public enum Kind {
        MAX,
        AVERAGE
    }

    @Override
    public Shape output(Shape input) {
        return windowOn(input).output(input);
    }

    private Window windowOn(Shape input) {
        return window == null ? Window.whole(input) : window;
    }

    @Override
    public List<ParameterSpec> parameters(Shape input) {
        return List.of();
    }

    @Override
    public Signal open(Assembly assembly, Signal in) {
        Window on = windowOn(in.shape());
        return assembly.add(
                kind == Kind.MAX ? new MaxPoolStage(assembly, in, on) : new AveragePoolStage(assembly, in, on));
    }
}
