package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.DenseOps;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.SelectOps;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.ops.SparseOps;
import dev.gossamer.engine.ops.TrainOps;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Does what the reference does, and then the planted damage. */
final class FaultyWorkspace extends ReferenceWorkspace {

    private final @Nullable Fault fault;
    private final Map<Space, float[]> deadMomentum = new HashMap<>();
    private int repatterned;

    FaultyWorkspace(@Nullable ReferenceWorkspace parent, @Nullable Fault fault) {
        super(parent);
        this.fault = fault;
    }

    @Override
    ReferenceWorkspace newChild() {
        return new FaultyWorkspace(this, fault);
    }

    @Override
    public Step record(Runnable body) {
        if (fault == Fault.EAGER_STEP) {
            body.run();
        }
        if (fault == Fault.FORGOTTEN_CAPTURE) {
            int before = repatterned;
            return () -> {
                if (repatterned == before) {
                    body.run();
                }
            };
        }
        return super.record(body);
    }

    @Override
    public void download(Values values, MemorySegment host) {
        super.download(values, host);
        if (fault == Fault.LONG_DOWNLOAD) {
            host.setAtIndex(ValueLayout.JAVA_FLOAT, values.space().nnz(), 0);
        }
    }

    @Override
    public void repattern(Space space, @Nullable SparsityPattern pattern) {
        repatterned++;
        if (fault != Fault.KEPT_DEAD_MOMENTUM || !space.has(Role.MOMENTUM)) {
            super.repattern(space, pattern);
            return;
        }
        ReferenceSpace of = (ReferenceSpace) space;
        float[] remembered = deadMomentum.computeIfAbsent(space, s -> new float[Math.toIntExact(s.size())]);
        float[] before = of.values(Role.MOMENTUM).numbers();
        of.entries().forEach((r, c, p) -> remembered[r * of.cols() + c] = before[p]);
        super.repattern(space, pattern);
        of.values(Role.MOMENTUM).replace(GatherScatter.gather(of.entries(), remembered));
    }

    @Override
    public SparseOps sparse() {
        return new ReferenceSparseOps() {
            @Override
            public void spmm(float alpha, Values a, Tensor b, float beta, Tensor c) {
                ReferenceTensor out = (ReferenceTensor) c;
                float[] old = out.get();
                super.spmm(alpha, a, b, beta, c);
                float[] numbers = out.get();
                int lastRow = numbers.length - c.shape().batch();
                for (int i = 0; i < numbers.length; i++) {
                    if (fault == Fault.DROPPED_LAST_ROW && i >= lastRow) {
                        numbers[i] = old[i];
                    } else if (fault == Fault.STALE_BETA && beta == 0) {
                        numbers[i] += 0 * old[i];
                    }
                }
                out.set(numbers);
            }

            @Override
            public void gather(Tensor dense, Values values) {
                super.gather(dense, values);
                float[] numbers = ((ReferenceValues) values).numbers();
                if (fault == Fault.SWAPPED_INDEX && numbers.length > 1) {
                    float first = numbers[0];
                    numbers[0] = numbers[1];
                    numbers[1] = first;
                }
            }
        };
    }

    @Override
    public DenseOps dense() {
        return new ReferenceDenseOps() {
            @Override
            public void addSquare(Values x, Values y) {
                if (fault == Fault.SUM_OF_GRADIENTS) {
                    super.axpy(1, x, y);
                } else {
                    super.addSquare(x, y);
                }
            }

            @Override
            public void gemm(
                    boolean transposeA, boolean transposeB, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
                super.gemm(transposeA, transposeB, alpha, a, b, beta, c);
                if (fault == Fault.NAN_OUTPUT) {
                    float[] numbers = ((ReferenceTensor) c).get();
                    numbers[numbers.length - 1] = Float.NaN;
                    ((ReferenceTensor) c).set(numbers);
                }
            }
        };
    }

    @Override
    public Product product(Geometry geometry) {
        return new ReferenceProduct(this, geometry) {
            @Override
            public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
                super.forward(w, x, beta, y, epilogue);
                Values bias = epilogue.bias();
                if (fault == Fault.UNMASKED_TAIL && bias != null) {
                    ((ReferenceTensor) y).setPadding(0.5f);
                }
            }

            @Override
            public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
                super.inputGradient(w, gy, beta, gx, fault == Fault.IGNORED_MASK ? null : mask);
            }

            @Override
            public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
                Tensor seen = fault == Fault.DROPPED_LAST_POSITION ? withoutTheLastRow(gy) : gy;
                super.weightGradient(x, seen, fault == Fault.ADDED_GRADIENT && beta == 0 ? 1 : beta, gw);
            }
        };
    }

    private Tensor withoutTheLastRow(Tensor tensor) {
        float[] numbers = ((ReferenceTensor) tensor).get();
        Arrays.fill(numbers, numbers.length - tensor.shape().batch(), numbers.length, 0);
        return copy(tensor.shape(), numbers);
    }

    private Tensor withoutNan(Tensor tensor) {
        float[] numbers = ((ReferenceTensor) tensor).get();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Float.isNaN(numbers[i]) ? Float.NEGATIVE_INFINITY : numbers[i];
        }
        return copy(tensor.shape(), numbers);
    }

    private Tensor copy(Shape shape, float[] numbers) {
        ReferenceTensor copy = new ReferenceTensor(this, shape, Layout.NATIVE);
        copy.set(numbers);
        return copy;
    }

    @Override
    public NnOps nn() {
        return new ReferenceNnOps() {
            @Override
            public void maxPool(Tensor x, Window window, Tensor y, @Nullable Indices chosen) {
                super.maxPool(fault == Fault.LOST_NAN ? withoutNan(x) : x, window, y, chosen);
            }

            @Override
            public void maxPoolTangent(Indices chosen, Window window, Tensor xDot, Tensor yDot) {
                if (fault == Fault.LARGEST_TANGENT) {
                    super.maxPool(xDot, window, yDot, null);
                } else {
                    super.maxPoolTangent(chosen, window, xDot, yDot);
                }
            }

            @Override
            public void batchNormTangent(
                    Tensor x,
                    BatchNorm norm,
                    BatchNorm.Saved saved,
                    Tensor xDot,
                    Values gammaDot,
                    Values betaDot,
                    float beta,
                    Tensor yDot,
                    @Nullable Mask mask) {
                super.batchNormTangent(x, norm, saved, xDot, gammaDot, betaDot, beta, yDot, mask);
                if (fault == Fault.STANDING_STATISTICS) {
                    float[] numbers = ((ReferenceTensor) xDot).get();
                    float[] inverse = ((ReferenceValues) saved.inverseDeviation()).numbers();
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] *= inverse[i * inverse.length / numbers.length];
                    }
                    ((ReferenceTensor) yDot).set(numbers);
                }
            }

            @Override
            public void batchNormGradientTangent(
                    Tensor x,
                    BatchNorm norm,
                    BatchNorm.Saved saved,
                    Tensor xDot,
                    Values gammaDot,
                    Tensor gy,
                    Tensor gyDot,
                    float beta,
                    Tensor gxDot,
                    @Nullable Mask mask,
                    Values gGammaDot,
                    Values gBetaDot) {
                Tensor moves = fault == Fault.STANDING_INPUT
                        ? copy(x.shape(), new float[Math.toIntExact(x.shape().size())])
                        : xDot;
                super.batchNormGradientTangent(
                        x, norm, saved, moves, gammaDot, gy, gyDot, beta, gxDot, mask, gGammaDot, gBetaDot);
            }

            @Override
            public void softmaxCrossEntropyTangent(Tensor logits, Tensor logitsDot, Tensor gradientDot) {
                super.softmaxCrossEntropyTangent(logits, logitsDot, gradientDot);
                if (fault == Fault.FORGOTTEN_SOFTMAX) {
                    ((ReferenceTensor) gradientDot).set(((ReferenceTensor) logitsDot).get());
                }
            }

            @Override
            public void retile(Tensor x, Tiling from, Tensor y, Tiling to, int overlap) {
                boolean separate = fault == Fault.SEPARATE_TILES && from.equals(to);
                super.retile(x, separate ? Tiling.WHOLE : from, y, separate ? Tiling.WHOLE : to, overlap);
            }

            @Override
            public void averagePoolGradient(Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
                super.averagePoolGradient(window, gy, fault == Fault.OVERWRITTEN_BRANCH ? 0 : beta, gx, mask);
            }

            @Override
            public void batchNorm(
                    Tensor x,
                    BatchNorm norm,
                    BatchNorm.Saved saved,
                    @Nullable Tensor residual,
                    Activation activation,
                    @Nullable Mask mask,
                    Tensor y) {
                float[] running = ((ReferenceValues) norm.runningVariance()).numbers();
                super.batchNorm(
                        x, norm, saved, fault == Fault.FORGOTTEN_RESIDUAL ? null : residual, activation, mask, y);
                if (fault == Fault.BIASED_VARIANCE) {
                    BatchNormalization.Statistics batch =
                            BatchNormalization.Statistics.of(x.shape(), ((ReferenceTensor) x).get());
                    ((ReferenceValues) norm.runningVariance())
                            .replace(batch.runningVariance(running, norm.momentum(), 1));
                }
            }

            @Override
            public void advance(RandomStream stream) {
                if (fault != Fault.STANDING_STREAM) {
                    super.advance(stream);
                }
            }

            @Override
            public void add(Tensor x, float beta, Tensor y, @Nullable Mask mask) {
                if (fault == Fault.UNMASKED_SUM && mask != null && beta != 0) {
                    super.add(x, beta, y, null);
                } else {
                    super.add(x, beta, y, mask);
                }
            }

            @Override
            public void softmaxCrossEntropy(
                    Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct) {
                super.softmaxCrossEntropy(logits, labels, gradient, lossSum, correct);
                if (fault == Fault.SUMMED_LOSS_GRADIENT && gradient != null) {
                    float[] numbers = ((ReferenceTensor) gradient).get();
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] *= gradient.shape().batch();
                    }
                    ((ReferenceTensor) gradient).set(numbers);
                }
            }
        };
    }

    @Override
    public SelectOps select() {
        return new ReferenceSelectOps() {
            @Override
            public void compress(Tensor x, long keep, SparseTensor to) {
                boolean more = fault == Fault.ONE_MORE_KEPT && keep < x.shape().size();
                super.compress(x, more ? keep + 1 : keep, to);
            }

            @Override
            public void compressAgain(Tensor x, long keep, SparseTensor to) {
                if (fault == Fault.FORGOTTEN_THRESHOLD) {
                    super.compress(x, keep, to);
                } else {
                    super.compressAgain(x, keep, to);
                }
            }

            @Override
            public void compress(Values w, long keep, SparseWeights to) {
                if (fault == Fault.STUCK_SELECTION && !((Handles.ReferenceSparseWeights) to).kept.isEmpty()) {
                    return;
                }
                super.compress(w, keep, to);
            }

            @Override
            public void compressAgain(Values w, long keep, SparseWeights to) {
                if (fault == Fault.FILLED_ROOM) {
                    super.compress(w, to.capacity(), to);
                } else {
                    super.compressAgain(w, keep, to);
                }
            }

            @Override
            boolean[] kept(float[] numbers, long keep) {
                if (fault != Fault.TIE_AT_HIGHER_INDEX) {
                    return super.kept(numbers, keep);
                }
                int n = numbers.length;
                float[] backwards = new float[n];
                for (int i = 0; i < n; i++) {
                    backwards[i] = numbers[n - 1 - i];
                }
                boolean[] chosen = super.kept(backwards, keep);
                boolean[] forwards = new boolean[n];
                for (int i = 0; i < n; i++) {
                    forwards[i] = chosen[n - 1 - i];
                }
                return forwards;
            }
        };
    }

    @Override
    public TrainOps train() {
        return new ReferenceTrainOps() {
            @Override
            public void sgd(List<Space> group, Cell rate, Sgd rule) {
                float decay = fault == Fault.FORGOTTEN_DECAY ? 0 : rule.weightDecay();
                boolean plain = fault == Fault.FORGOTTEN_MOMENTUM;
                super.sgd(
                        group,
                        rate,
                        plain
                                ? new Sgd(0, false, decay, rule.proximal())
                                : new Sgd(rule.momentum(), rule.nesterov(), decay, rule.proximal()));
            }

            @Override
            public void signedPower(List<Space> group, float alpha) {
                super.signedPower(group, alpha);
                for (Space member : group) {
                    float[] weights =
                            ((ReferenceSpace) member).values(Role.WEIGHT).numbers();
                    for (int i = 0; fault == Fault.LOST_SIGN && i < weights.length; i++) {
                        weights[i] = Math.abs(weights[i]);
                    }
                }
            }

            @Override
            public void signedPowerGradient(List<Space> group, float alpha) {
                super.signedPowerGradient(group, alpha);
                for (Space member : group) {
                    float[] gradient =
                            ((ReferenceSpace) member).values(Role.GRADIENT).numbers();
                    for (int i = 0; fault == Fault.FORGOTTEN_FACTOR && i < gradient.length; i++) {
                        gradient[i] /= alpha;
                    }
                }
            }
        };
    }

    @Override
    public DataOps data() {
        return new ReferenceDataOps() {
            @Override
            public void batch(
                    Samples samples,
                    PixelTransform transform,
                    @Nullable Augmentation augmentation,
                    Order order,
                    Cell position,
                    Tensor x,
                    Labels labels) {
                float before = read(position);
                Augmentation used = fault == Fault.NEVER_MIRRORED && augmentation != null
                        ? new Augmentation(augmentation.padding(), false, augmentation.stream(), augmentation.site())
                        : augmentation;
                super.batch(samples, transform, used, order, position, x, labels);
                if (fault == Fault.STUCK_POSITION) {
                    write(position, before);
                }
            }
        };
    }
}
