package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@link Batches} on the backend's operands. */
class ReferenceDataOps implements DataOps {

    @Override
    public void batch(
            Samples samples,
            PixelTransform transform,
            @Nullable Augmentation augmentation,
            Order order,
            Cell position,
            Tensor x,
            Labels labels) {
        Handles.ReferenceSamples from = (Handles.ReferenceSamples) samples;
        Handles.ReferenceCell at = (Handles.ReferenceCell) position;
        int batch = x.shape().batch();
        int start = (int) at.value;
        int[] visits = ((Handles.ReferenceOrder) order).samples;
        if (start < 0 || start + batch > visits.length) {
            throw new IllegalArgumentException("The batch " + start + " .. " + (start + batch)
                    + " lies outside the order of " + visits.length + " samples");
        }
        int[] picks = Arrays.copyOfRange(visits, start, start + batch);
        for (int pick : picks) {
            if (pick < 0 || pick >= from.count()) {
                throw new IllegalArgumentException(
                        "The order names sample " + pick + "; the data set has " + from.count());
            }
        }
        ((ReferenceTensor) x).set(pixels(from, transform, augmentation, picks, start));
        int[] classes = Batches.classes(from.labels(), picks);
        System.arraycopy(classes, 0, ((Handles.ReferenceLabels) labels).classes, 0, batch);
        at.value += batch;
    }

    private static float[] pixels(
            Handles.ReferenceSamples from,
            PixelTransform transform,
            @Nullable Augmentation augmentation,
            int[] picks,
            int start) {
        if (augmentation == null) {
            return Batches.pixels(from.images(), from.one(), transform, picks);
        }
        Handles.ReferenceStream stream = (Handles.ReferenceStream) augmentation.stream();
        MemorySegment images =
                Batches.augmented(from.images(), from.one(), picks, augmentation, stream.key, stream.step, start);
        return Batches.pixels(
                images, from.one(), transform, IntStream.range(0, picks.length).toArray());
    }
}
