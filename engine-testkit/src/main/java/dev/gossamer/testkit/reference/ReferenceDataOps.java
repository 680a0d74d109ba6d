package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.PixelTransform;
import java.util.Arrays;

/** {@link Batches} on the backend's operands. */
class ReferenceDataOps implements DataOps {

    @Override
    public void batch(Samples samples, PixelTransform transform, Order order, Cell position, Tensor x, Labels labels) {
        Handles.ReferenceSamples from = (Handles.ReferenceSamples) samples;
        Handles.ReferenceCell at = (Handles.ReferenceCell) position;
        int batch = x.shape().batch();
        int start = (int) at.value;
        int[] picks = Arrays.copyOfRange(((Handles.ReferenceOrder) order).samples, start, start + batch);
        ((ReferenceTensor) x).set(Batches.pixels(from.images(), from.one(), transform, picks));
        int[] classes = Batches.classes(from.labels(), picks);
        System.arraycopy(classes, 0, ((Handles.ReferenceLabels) labels).classes, 0, batch);
        at.value += batch;
    }
}
