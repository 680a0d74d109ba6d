package dev.gossamer.fl;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Split;
import dev.gossamer.fl.data.SplitMix64;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A data set of 5x5 images in 4 classes that a small network learns in a few steps: class c lights up row c. */
public final class TestData {

    public static final int FEATURES = 25;
    public static final int CLASSES = 4;
    public static final int TRAIN = 168;
    public static final int TEST = 300;

    private TestData() {}

    /** The data set; the caller closes it. */
    public static Dataset rows() {
        return rows(TRAIN);
    }

    /** The same with another number of training samples. */
    public static Dataset rows(int train) {
        Arena arena = Arena.ofShared();
        return new Dataset(
                "rows", split(train, 1, arena), split(TEST, 2, arena), CLASSES, PixelTransform.scale(1f / 256), arena);
    }

    private static Split split(int count, long seed, Arena arena) {
        SplitMix64 random = SplitMix64.of(seed);
        MemorySegment images = arena.allocate((long) count * FEATURES, 64);
        MemorySegment labels = arena.allocate(count, 64);
        for (int i = 0; i < count; i++) {
            int label = i % CLASSES;
            labels.set(ValueLayout.JAVA_BYTE, i, (byte) label);
            for (int pixel = 0; pixel < FEATURES; pixel++) {
                int light = pixel / 5 == label ? 120 : 0;
                images.set(ValueLayout.JAVA_BYTE, (long) i * FEATURES + pixel, (byte) (light + random.nextInt(136)));
            }
        }
        return new Split(images, labels, new Shape(1, 5, 5, 1), count);
    }
}
