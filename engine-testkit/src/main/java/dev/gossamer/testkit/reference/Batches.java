package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.random.Philox;
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

    /**
     * The bytes {@code [picks.length][one.features()]} of the picked samples, each padded with black, cut back at a random
     * place and perhaps mirrored; what is drawn for sample j is that of position {@code start + j}.
     */
    public static MemorySegment augmented(
            MemorySegment images, Shape one, int[] picks, Augmentation how, long key, int step, long start) {
        byte[] out = new byte[picks.length * one.features()];
        long[] block = new long[2];
        int padding = how.padding();
        for (int j = 0; j < picks.length; j++) {
            Philox.block(key, start + j, step, how.site(), block, 0);
            int down = offset(Philox.word(block, 0, 0), padding);
            int right = offset(Philox.word(block, 0, 1), padding);
            boolean mirrored = how.flip() && Philox.word(block, 0, 2) >= 0x8000_0000L;
            for (int f = 0; f < one.features(); f++) {
                int row = f / one.width() % one.height();
                int col = f % one.width();
                int fromRow = row + down;
                int fromCol = (mirrored ? one.width() - 1 - col : col) + right;
                boolean inside = fromRow >= 0 && fromRow < one.height() && fromCol >= 0 && fromCol < one.width();
                long from = (long) picks[j] * one.features() + f + (long) down * one.width() + fromCol - col;
                out[j * one.features() + f] = inside ? at(images, from) : 0;
            }
        }
        return MemorySegment.ofArray(out);
    }

    /** {@code −padding} to {@code padding}. */
    private static int offset(long word, int padding) {
        return (int) ((word * (2L * padding + 1)) >>> 32) - padding;
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
