package dev.gossamer.engine.ops;

import java.util.List;

/**
 * How stored bytes become activations: {@code x = pixel · scale[c] + shift[c]} for channel c (pixel 0..255), one fused
 * multiply-add.
 */
public record PixelTransform(List<Float> scale, List<Float> shift) {

    public PixelTransform {
        scale = List.copyOf(scale);
        shift = List.copyOf(shift);
        if (scale.isEmpty() || scale.size() != shift.size()) {
            throw new IllegalArgumentException("A pixel transform needs one scale and one shift per channel, got "
                    + scale.size() + " and " + shift.size());
        }
    }

    /** The same scale for a single channel and no shift. */
    public static PixelTransform scale(float scale) {
        return new PixelTransform(List.of(scale), List.of(0f));
    }

    public int channels() {
        return scale.size();
    }
}
