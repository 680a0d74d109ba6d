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

    /** Whether windows lie within tiles of that shape and leave nothing of them. */
    private boolean fits(Shape tile) {
        return window != null
                && window.equals(Window.square(window.stride()))
                && tile.height() % window.stride() == 0
                && tile.width() % window.stride() == 0;
    }

    @Override
    public Signal open(Assembly assembly, Signal in) {
        Signal from = assembly.tiled(in, this::fits, 0);
        Window on = windowOn(from.shape());
        return assembly.add(
                kind == Kind.MAX ? new MaxPoolStage(assembly, from, on) : new AveragePoolStage(assembly, from, on));
    }
}
