package dev.gossamer.fl.nn;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Workspace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a model for one largest batch, and its layers bound to them. Smaller batches are views of the same
 * memory.
 */
final class Computation {

    private final Workspace workspace;
    private final int maxBatch;
    private final List<Layer> layers = new ArrayList<>();
    private final List<Signal> signals = new ArrayList<>();

    /**
     * @param workspace where the tensors are made
     * @param training whether gradients and masks are kept
     */
    Computation(Workspace workspace, Network network, int maxBatch, boolean training) {
        this.workspace = workspace;
        this.maxBatch = maxBatch;
        List<Parameter> parameters = network.parameters();
        Shape shape = network.spec().input();
        signals.add(new Signal(workspace.tensor(shape.withBatch(maxBatch), Layout.NATIVE), null, null));
        int next = 0;
        for (LayerSpec layer : network.spec().layers()) {
            int count = layer.parameters(shape).size();
            layers.add(layer.open(workspace, shape, parameters.subList(next, next + count)));
            next += count;
            shape = layer.output(shape);
            signals.add(signal(shape.withBatch(maxBatch), training, layer.rectifies()));
        }
    }

    private Signal signal(Shape shape, boolean training, boolean rectified) {
        Tensor value = workspace.tensor(shape, Layout.NATIVE);
        Tensor gradient = training ? workspace.tensor(shape, Layout.NATIVE) : null;
        Mask mask = training && rectified ? workspace.mask(shape) : null;
        return new Signal(value, gradient, mask);
    }

    /** The model bound to the first {@code size} samples of its tensors. */
    Batch batch(int size) {
        List<Signal> views = signals.stream().map(signal -> view(signal, size)).toList();
        Layer.Pass[] passes = new Layer.Pass[layers.size()];
        for (int i = 0; i < passes.length; i++) {
            passes[i] = layers.get(i).pass(views.get(i), views.get(i + 1));
        }
        return new Batch(views.getFirst().value(), views.getLast(), passes);
    }

    private Signal view(Signal whole, int size) {
        return size == maxBatch
                ? whole
                : new Signal(workspace.view(whole.value(), size), view(whole.gradient(), size), whole.mask());
    }

    private @Nullable Tensor view(@Nullable Tensor whole, int size) {
        return whole == null ? null : workspace.view(whole, size);
    }

    /** A model bound to tensors of one batch size. Runs without allocating. */
    static final class Batch {

        private final Tensor input;
        private final Signal logits;
        private final Layer.Pass[] passes;

        private Batch(Tensor input, Signal logits, Layer.Pass[] passes) {
            this.input = input;
            this.logits = logits;
            this.passes = passes;
        }

        Tensor input() {
            return input;
        }

        Signal logits() {
            return logits;
        }

        void forward() {
            for (Layer.Pass pass : passes) {
                pass.forward();
            }
        }

        void backward() {
            for (int i = passes.length - 1; i >= 0; i--) {
                passes[i].backward();
            }
        }
    }
}
