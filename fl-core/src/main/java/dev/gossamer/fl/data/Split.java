package dev.gossamer.fl.data;

import dev.gossamer.engine.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Samples for training or for testing: images as unsigned bytes and a class number each, in memory outside the heap that
 * the {@link Dataset} owns. Read-only, and safe to read from many threads.
 */
public final class Split {

    private final MemorySegment images;
    private final MemorySegment labels;
    private final Shape one;
    private final int count;

    /**
     * A split over memory that the caller keeps alive.
     *
     * @param images unsigned bytes {@code [count][channels, height, width]}
     * @param labels unsigned bytes {@code [count]}
     * @param one shape of one image; its batch is 1
     */
    public Split(MemorySegment images, MemorySegment labels, Shape one, int count) {
        if (one.batch() != 1) {
            throw new IllegalArgumentException("The shape of one image has batch 1, not " + one.batch());
        }
        if (images.byteSize() != (long) count * one.features() || labels.byteSize() != count) {
            throw new IllegalArgumentException(count + " images of shape " + one + " take "
                    + (long) count * one.features() + " bytes and as many labels " + count + ", but there are "
                    + images.byteSize() + " and " + labels.byteSize());
        }
        this.images = images.asReadOnly();
        this.labels = labels.asReadOnly();
        this.one = one;
        this.count = count;
    }

    /**
     * Some samples, copied, in a given order.
     *
     * @param samples their indices
     * @param arena owns the memory of the result
     */
    Split select(List<Integer> samples, Arena arena) {
        MemorySegment chosenImages = arena.allocate((long) samples.size() * one.features(), 64);
        MemorySegment chosenLabels = arena.allocate(samples.size(), 64);
        for (int i = 0; i < samples.size(); i++) {
            long from = (long) samples.get(i) * one.features();
            MemorySegment.copy(images, from, chosenImages, (long) i * one.features(), one.features());
            chosenLabels.set(ValueLayout.JAVA_BYTE, i, (byte) label(samples.get(i)));
        }
        return new Split(chosenImages, chosenLabels, one, samples.size());
    }

    /** Unsigned bytes {@code [count][channels, height, width]}, read-only. */
    public MemorySegment images() {
        return images;
    }

    /** Unsigned bytes {@code [count]}, read-only. */
    public MemorySegment labels() {
        return labels;
    }

    /** Shape of one image; its batch is 1. */
    public Shape one() {
        return one;
    }

    public int count() {
        return count;
    }

    /** Class number of a sample. */
    public int label(int sample) {
        return Byte.toUnsignedInt(labels.get(ValueLayout.JAVA_BYTE, sample));
    }

    /** A pixel, 0 to 255. */
    public int pixel(int sample, int index) {
        return Byte.toUnsignedInt(images.get(ValueLayout.JAVA_BYTE, (long) sample * one.features() + index));
    }

    /** Class numbers of all samples, a new array. */
    public int[] labelArray() {
        int[] array = new int[count];
        for (int i = 0; i < count; i++) {
            array[i] = label(i);
        }
        return array;
    }
}
