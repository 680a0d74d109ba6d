package dev.gossamer.bench;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.nn.DropoutSpec;
import dev.gossamer.fl.nn.LayerSpec;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A model and a batch of random images, to be classified again and again: the answer is the logits. Ours takes the bytes of the
 * images, which it is given anew each time, peers the floats that they stand for, which are ready for them.
 */
final class ServeProblem {

    private static final float SCALE = 1f / 255;

    /** Of the largest logit: rounding of some twenty layers. */
    private static final double TOLERANCE = 1e-4;

    private final ServeModel model;
    private final int batch;
    /** {@code [batch, channels, height, width]} pixels. */
    private final byte[] images;

    ServeProblem(ServeModel model, int batch) {
        this.model = model;
        this.batch = batch;
        this.images = new byte[Math.multiplyExact(batch, model.one().features())];
        new SplittableRandom(11).nextBytes(images);
    }

    ServeModel model() {
        return model;
    }

    int batch() {
        return batch;
    }

    /** The layers that inference has. */
    ModelSpec withoutDropout() {
        ModelSpec spec = model.spec();
        List<LayerSpec> layers = spec.layers().stream()
                .filter(layer -> !(layer instanceof DropoutSpec))
                .toList();
        return new ModelSpec(spec.name(), spec.input(), layers, spec.initializer());
    }

    byte[] images() {
        return images.clone();
    }

    PixelTransform transform() {
        int channels = model.one().channels();
        return new PixelTransform(Collections.nCopies(channels, SCALE), Collections.nCopies(channels, 0f));
    }

    /** The images as a network's input. */
    float[] floats() {
        float[] floats = new float[images.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = Byte.toUnsignedInt(images[i]) * SCALE;
        }
        return floats;
    }

    /** Shape of {@link #floats}. */
    long[] shape() {
        Shape one = model.one();
        return new long[] {batch, one.channels(), one.height(), one.width()};
    }

    /**
     * Fails unless both have the same logits.
     *
     * @throws AssertionError naming the first one that differs
     */
    static void agree(String who, float[] got, float[] want) {
        if (got.length != want.length) {
            throw new AssertionError(who + ": " + got.length + " logits, want " + want.length);
        }
        double largest = 0;
        for (float logit : want) {
            largest = Math.max(largest, Math.abs(logit));
        }
        for (int i = 0; i < want.length; i++) {
            if (!(Math.abs(got[i] - want[i]) <= TOLERANCE * largest)) {
                throw new AssertionError(who + ": logit " + i + ": got " + got[i] + ", want " + want[i]);
            }
        }
    }
}
