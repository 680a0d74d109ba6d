package dev.gossamer.testkit.contract;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Sgd;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The perceptron of {@link Mlp}, assembled from the API as fl-core does it: parameters apart from sessions of one batch. */
final class EngineMlp {

    private final Rig rig;
    private final int[] sizes;
    private final List<Product> products = new ArrayList<>();
    private final List<Space> weights = new ArrayList<>();
    private final List<Space> biases = new ArrayList<>();
    private final List<Space> all = new ArrayList<>();
    final Cell rate;
    final Cell loss;
    final Cell correct;

    EngineMlp(Rig rig, int... sizes) {
        this.rig = rig;
        this.sizes = sizes.clone();
        Workspace workspace = rig.workspace();
        for (int l = 0; l + 1 < sizes.length; l++) {
            Geometry geometry = Geometry.linear(sizes[l], sizes[l + 1]);
            products.add(workspace.product(geometry));
            weights.add(workspace.space(geometry));
            biases.add(workspace.space(sizes[l + 1]));
        }
        all.addAll(weights);
        all.addAll(biases);
        for (Space space : all) {
            for (Role role : new Role[] {Role.THETA, Role.GRADIENT, Role.MOMENTUM}) {
                workspace.values(space, role);
            }
        }
        rate = workspace.cell(0);
        loss = workspace.cell(0);
        correct = workspace.cell(0);
    }

    int layers() {
        return products.size();
    }

    Space weights(int layer) {
        return weights.get(layer);
    }

    Space biases(int layer) {
        return biases.get(layer);
    }

    /** Weights of every layer, then biases of every layer. */
    List<Space> parameters() {
        return all;
    }

    Values weight(int layer, Role role) {
        return rig.workspace().values(weights.get(layer), role);
    }

    Values bias(int layer, Role role) {
        return rig.workspace().values(biases.get(layer), role);
    }

    /** Buffers for batches of one size, and the ops of a training step over them. */
    final class Session {

        private final Tensor[] activations = new Tensor[sizes.length];
        private final Tensor[] gradients = new Tensor[sizes.length];
        private final Mask[] masks = new Mask[sizes.length];
        private final Values[] w = new Values[layers()];
        private final Values[] gw = new Values[layers()];
        private final Values[] gb = new Values[layers()];
        private final Epilogue[] epilogues = new Epilogue[layers()];
        final Labels labels;

        Session(int batch) {
            this(batch, null);
        }

        /** Buffers of its own, or views of those of a session of a larger batch. */
        Session(int batch, @Nullable Session whole) {
            Workspace workspace = rig.workspace();
            for (int l = 0; l < sizes.length; l++) {
                Shape shape = Shape.of(sizes[l], batch);
                activations[l] = whole == null
                        ? workspace.tensor(shape, Layout.NATIVE)
                        : workspace.view(whole.activations[l], batch);
                gradients[l] = whole == null
                        ? workspace.tensor(shape, Layout.NATIVE)
                        : workspace.view(whole.gradients[l], batch);
                masks[l] = whole == null ? workspace.mask(shape) : whole.masks[l];
            }
            labels = whole == null ? workspace.labels(batch) : whole.labels;
            for (int l = 0; l < layers(); l++) {
                w[l] = weight(l, Role.THETA);
                gw[l] = weight(l, Role.GRADIENT);
                gb[l] = bias(l, Role.GRADIENT);
                Values b = bias(l, Role.THETA);
                epilogues[l] = l + 1 < layers() ? new Epilogue(b, Activation.RELU, masks[l + 1]) : Epilogue.bias(b);
            }
        }

        Tensor x() {
            return activations[0];
        }

        void step(Sgd rule) {
            int last = layers();
            for (int l = 0; l < last; l++) {
                products.get(l).forward(w[l], activations[l], 0, activations[l + 1], epilogues[l]);
            }
            rig.workspace().nn().softmaxCrossEntropy(activations[last], labels, gradients[last], loss, correct);
            for (int l = last - 1; l >= 0; l--) {
                products.get(l).weightGradient(activations[l], gradients[l + 1], 0, gw[l]);
                products.get(l).biasGradient(gradients[l + 1], 0, gb[l]);
                if (l > 0) {
                    products.get(l).inputGradient(w[l], gradients[l + 1], 0, gradients[l], masks[l]);
                }
            }
            rig.workspace().train().sgd(all, rate, rule);
        }
    }
}
