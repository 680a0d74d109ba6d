package dev.gossamer.engine.check;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.ops.NnOps;
import org.jspecify.annotations.Nullable;

final class CheckedNnOps implements NnOps {

    private final NnOps raw;
    private final Door door;

    CheckedNnOps(NnOps raw, Door door) {
        this.raw = raw;
        this.door = door;
    }

    @Override
    public void relu(Tensor x, Tensor y, Mask mask) {
        elementwise(mask, x, "x", y, "y");
        raw.relu(x, y, mask);
    }

    @Override
    public void reluGradient(Mask mask, Tensor gy, Tensor gx) {
        elementwise(mask, gy, "gy", gx, "gx");
        raw.reluGradient(mask, gy, gx);
    }

    @Override
    public void softmaxCrossEntropy(
            Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct) {
        door.enter();
        door.tensor(logits, "logits", Layout.NATIVE);
        door.owned(labels, "labels");
        if (labels.capacity() < logits.shape().batch()) {
            throw new IllegalArgumentException("labels has room for " + labels.capacity() + ", fewer than the batch of "
                    + logits.shape().batch());
        }
        if (gradient != null) {
            door.tensor(gradient, "gradient", Layout.NATIVE, logits.shape());
        }
        door.owned(lossSum, "lossSum");
        door.owned(correct, "correct");
        Door.distinct(lossSum, correct, "lossSum", "correct");
        raw.softmaxCrossEntropy(logits, labels, gradient, lossSum, correct);
    }

    private void elementwise(Mask mask, Tensor in, String inName, Tensor out, String outName) {
        door.enter();
        door.tensor(in, inName, Layout.NATIVE);
        door.tensor(out, outName, Layout.NATIVE, in.shape());
        door.mask(mask, "mask", in.shape());
    }
}
