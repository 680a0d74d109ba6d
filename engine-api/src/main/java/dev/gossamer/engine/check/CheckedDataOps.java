package dev.gossamer.engine.check;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.PixelTransform;
import org.jspecify.annotations.Nullable;

final class CheckedDataOps implements DataOps {

    private final DataOps raw;
    private final Door door;

    CheckedDataOps(DataOps raw, Door door) {
        this.raw = raw;
        this.door = door;
    }

    @Override
    public void batch(
            Samples samples,
            PixelTransform transform,
            @Nullable Augmentation augmentation,
            Order order,
            Cell position,
            Tensor x,
            Labels labels) {
        door.enter();
        door.owned(samples, "samples");
        door.owned(order, "order");
        door.owned(position, "position");
        door.owned(labels, "labels");
        door.tensor(x, "x", Layout.NATIVE);
        Shape one = samples.one();
        if (!x.shape().sameFeatures(one) && x.shape().features() != one.features()) {
            throw new IllegalArgumentException("x has " + x.shape() + ", samples are " + one);
        }
        if (transform.channels() != one.channels()) {
            throw new IllegalArgumentException(
                    "The pixel transform has " + transform.channels() + " channels, samples have " + one.channels());
        }
        if (labels.capacity() < x.shape().batch()) {
            throw new IllegalArgumentException("labels has room for " + labels.capacity() + ", fewer than the batch of "
                    + x.shape().batch());
        }
        if (augmentation != null) {
            door.owned(augmentation.stream(), "the augmentation's stream");
        }
        raw.batch(samples, transform, augmentation, order, position, x, labels);
    }
}
