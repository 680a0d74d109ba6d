package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Batches from stored bytes. */
public final class Batches {

    private Batches() {}

    /**
     * The activations {@code [features, picks.length]} whose column j is sample {@code picks[j]} through the transform.
     *
     * @param images unsigned bytes {@code [count][one.features()]}
     */
    public static float[] pixels(MemorySegment images, Shape one, PixelTransform transform, int[] picks) {
        int plane = one.height() * one.width();
        float[] x = new float[one.features() * picks.length];
        for (int f = 0; f < one.features(); f++) {
            int channel = f / plane;
            for (int j = 0; j < picks.length; j++) {
                int pixel = Byte.toUnsignedInt(at(images, (long) picks[j] * one.features() + f));
                x[f * picks.length + j] = Math.fma(
                        (float) pixel,
                        transform.scale().get(channel),
                        transform.shift().get(channel));
            }
        }
        return x;
    }

    /** The classes of the picked samples, from unsigned bytes {@code [count]}. */
    public static int[] classes(MemorySegment labels, int[] picks) {
        int[] classes = new int[picks.length];
        for (int j = 0; j < picks.length; j++) {
            classes[j] = Byte.toUnsignedInt(at(labels, picks[j]));
        }
        return classes;
    }

    private static byte at(MemorySegment bytes, long index) {
        return bytes.get(ValueLayout.JAVA_BYTE, index);
    }
}
