package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.ops.SelectOps;
import dev.gossamer.fl.sparsity.DensityRule;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected layer or a convolution: the product does bias and ReLU on the way out, and the ReLU's gradient on the way
 * back. Where the session's plan says so, it multiplies by a selection of its weights and saves a selection of its input (see
 * {@link SparseTraining}).
 */
final class ProductStage extends Stage {

    private final Product product;
    private final SelectOps select;
    private final Geometry geometry;
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final Activation activation;
    private final SparsePlan.Kept kept;
    private final @Nullable SparseWeights selected;
    private final @Nullable SparseTensor saved;

    ProductStage(
            Assembly assembly,
            Geometry geometry,
            Signal in,
            Parameter weight,
            @Nullable Parameter bias,
            Activation activation) {
        super(
                assembly,
                in,
                null,
                geometry.outShape(1),
                activation == Activation.RELU,
                !assembly.kept(weight).selectsActivations());
        this.product = assembly.workspace().product(geometry);
        this.select = assembly.workspace().select();
        this.geometry = geometry;
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
        this.kept = assembly.kept(weight);
        Shape input = geometry.inShape(assembly.maxBatch());
        this.selected = kept.selectsWeights()
                ? assembly.workspace().sparseWeights(geometry, room(kept.keptWeights(weight), geometry.size()))
                : null;
        this.saved = kept.selectsActivations()
                ? assembly.workspace()
                        .sparseTensor(input, room(DensityRule.kept(kept.activations(), input.size()), input.size()))
                : null;
    }

    /** A threshold of before may keep a quarter more than it was made for. */
    private long room(long keep, long size) {
        return reusesThresholds() ? Math.min(size, keep + (keep + 3) / 4) : keep;
    }

    @Override
    long savedBytes() {
        return saved == null ? 0 : saved.sizeBytes();
    }

    @Override
    long selectedBytes() {
        return selected == null ? 0 : selected.sizeBytes();
    }

    /** A linear layer selects anew in every batch, as in SWAT. */
    @Override
    boolean reusesThresholds() {
        return !geometry.isLinear() && (kept.selectsWeights() || kept.selectsActivations());
    }

    @Override
    Pass pass(Views views) {
        return new ProductPass(views);
    }

    private final class ProductPass extends Pass {

        private final Epilogue epilogue;
        private final boolean anew;
        private final long keptWeights;
        private final long keptActivations;

        ProductPass(Views views) {
            super(views);
            this.epilogue = new Epilogue(bias == null ? null : bias.effective(), activation, out().mask());
            this.anew = views.anew() || !reusesThresholds();
            this.keptWeights = kept.keptWeights(weight);
            this.keptActivations = DensityRule.kept(
                    kept.activations(), geometry.inShape(views.size()).size());
        }

        @Override
        void forward() {
            if (saved != null) {
                if (anew) {
                    select.compress(x, keptActivations, saved);
                } else {
                    select.compressAgain(x, keptActivations, saved);
                }
            }
            if (selected == null) {
                product.forward(weight.effective(), x, 0, y, epilogue);
                return;
            }
            if (anew) {
                select.compress(weight.effective(), keptWeights, selected);
            } else {
                select.compressAgain(weight.effective(), keptWeights, selected);
            }
            product.forward(selected, x, 0, y, epilogue);
        }

        private void parameterGradients() {
            if (saved == null && bias != null) {
                product.gradients(x, gy(), 0, weight.gradient(), bias.gradient());
                return;
            }
            if (saved == null) {
                product.weightGradient(x, gy(), 0, weight.gradient());
            } else {
                product.weightGradient(saved, gy(), 0, weight.gradient());
            }
            if (bias != null) {
                product.biasGradient(gy(), 0, bias.gradient());
            }
        }

        @Override
        void backward() {
            if (gx != null && bias != null && saved == null && selected == null) {
                product.backward(weight.effective(), x, gy(), beta, gx, gate, weight.gradient(), bias.gradient());
                return;
            }
            parameterGradients();
            if (gx == null) {
                return;
            }
            if (selected == null) {
                product.inputGradient(weight.effective(), gy(), beta, gx, gate);
            } else {
                product.inputGradient(selected, gy(), beta, gx, gate);
            }
        }
    }
}
