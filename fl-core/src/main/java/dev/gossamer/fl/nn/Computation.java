package dev.gossamer.fl.nn;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.nn.MemoryPlan.Need;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a model for one largest batch, and its stages bound to them. Smaller batches are views of the same memory.
 *
 * <p>Activations that the backward pass reads have memory of their own. All others, and the gradients, share blocks: time
 * counts the stages forward, then the loss, then the stages backward, and what is not needed at the same time may lie in the
 * same block (see {@link MemoryPlan}). In a chain of layers that takes two blocks, with residual edges three. An activation of
 * which layers save only a selection is one of those others.
 */
final class Computation {

    private final Workspace workspace;
    private final int maxBatch;
    private final Assembly assembly;
    private final Signal input;
    private final Signal logits;
    private long savedBytes;
    private final List<Long> blockBytes = new ArrayList<>();

    /**
     * Plans and makes the tensors.
     *
     * @param workspace where the tensors are made
     * @param training whether there is a backward pass
     */
    Computation(Workspace workspace, Network network, int maxBatch, boolean training) {
        this(workspace, network, maxBatch, training, SparsePlan.ALL, null, Tiling.WHOLE);
    }

    /**
     * The same without a backward pass, for samples that are cut into tiles as far as layers can work on tiles.
     *
     * @param tiling the finest
     */
    Computation(Workspace workspace, Network network, int maxBatch, Tiling tiling) {
        this(workspace, network, maxBatch, false, SparsePlan.ALL, null, tiling);
    }

    /** The same, for a backward pass that derives what these say. */
    Computation(Workspace workspace, Network network, int maxBatch, Derivatives derivatives) {
        this(workspace, network, maxBatch, true, SparsePlan.ALL, derivatives, Tiling.WHOLE);
    }

    /**
     * The same, for layers that keep a part only.
     *
     * @param plan what layers keep in training
     */
    Computation(Workspace workspace, Network network, int maxBatch, boolean training, SparsePlan plan) {
        this(workspace, network, maxBatch, training, plan, null, Tiling.WHOLE);
    }

    private Computation(
            Workspace workspace,
            Network network,
            int maxBatch,
            boolean training,
            SparsePlan plan,
            @Nullable Derivatives derivatives,
            Tiling tiling) {
        this.workspace = workspace;
        this.maxBatch = maxBatch;
        this.assembly = new Assembly(workspace, network, maxBatch, training, plan, derivatives, tiling);
        this.input = new Signal(network.spec().input(), Tiling.WHOLE, false, -1);
        Signal last = input;
        for (LayerSpec layer : network.spec().layers()) {
            last = layer.open(assembly, last);
        }
        this.logits = last;
        placeSaved();
        placeShared();
    }

    private List<Signal> signals() {
        List<Signal> signals = new ArrayList<>(List.of(input));
        assembly.stages().forEach(stage -> signals.add(stage.out()));
        return signals;
    }

    private Shape whole(Signal signal) {
        return signal.shape().withBatch(maxBatch * signal.tiling().count());
    }

    private boolean outlivesForward(Signal signal) {
        return assembly.training() && signal.saved();
    }

    /** That of the input is 0, and nobody writes it. */
    private boolean tangentOutlivesForward(Signal signal) {
        return signal == input || outlivesForward(signal);
    }

    // ---- planning

    private void placeSaved() {
        long before = workspace.allocatedBytes();
        for (Signal signal : signals()) {
            if (outlivesForward(signal)) {
                signal.placeValue(workspace.tensor(whole(signal), Layout.NATIVE));
            }
            if (assembly.hasTangents() && tangentOutlivesForward(signal)) {
                signal.placeTangent(workspace.tensor(whole(signal), Layout.NATIVE));
            }
            if (assembly.training() && signal.rectified()) {
                signal.placeMask(workspace.mask(whole(signal)));
            }
        }
        savedBytes = workspace.allocatedBytes() - before;
        savedBytes += assembly.stages().stream().mapToLong(Stage::savedBytes).sum();
    }

    private void placeShared() {
        List<Need<Consumer<Tensor>>> needs = new ArrayList<>();
        signals().stream()
                .filter(signal -> !outlivesForward(signal))
                .forEach(signal -> needs.add(passing(signal, signal::placeValue)));
        if (assembly.training()) {
            needs.addAll(gradients(Signal::placeGradient));
        }
        if (assembly.hasTangents()) {
            signals().stream()
                    .filter(signal -> !tangentOutlivesForward(signal))
                    .forEach(signal -> needs.add(passing(signal, signal::placeTangent)));
            needs.addAll(gradients(Signal::placeGradientTangent));
        }
        for (List<Need<Consumer<Tensor>>> block : MemoryPlan.share(needs)) {
            long before = workspace.allocatedBytes();
            List<Tensor> tensors =
                    workspace.overlay(block.stream().map(Need::shape).toList());
            for (int i = 0; i < block.size(); i++) {
                block.get(i).what().accept(tensors.get(i));
            }
            blockBytes.add(workspace.allocatedBytes() - before);
        }
    }

    /** Activations that nobody reads again once the next stages have run. */
    private Need<Consumer<Tensor>> passing(Signal signal, Consumer<Tensor> place) {
        int loss = assembly.stages().size();
        return new Need<>(place, whole(signal), signal.producer(), signal.lastConsumer(loss));
    }

    /** Gradients of all signals but the input: from the first writer to the stage that made the signal. */
    private List<Need<Consumer<Tensor>>> gradients(BiConsumer<Signal, Tensor> place) {
        int loss = assembly.stages().size();
        Map<Signal, List<Signal>> homes = new LinkedHashMap<>();
        for (Stage stage : assembly.stages()) {
            homes.computeIfAbsent(stage.out().gradientHome(), home -> new ArrayList<>())
                    .add(stage.out());
        }
        return homes.entrySet().stream()
                .map(entry -> {
                    List<Signal> sharing = entry.getValue();
                    int lastReader = sharing.stream()
                            .mapToInt(s -> s.lastConsumer(loss))
                            .max()
                            .orElseThrow();
                    int firstProducer =
                            sharing.stream().mapToInt(Signal::producer).min().orElseThrow();
                    return new Need<Consumer<Tensor>>(
                            tensor -> sharing.forEach(signal -> place.accept(signal, tensor)),
                            whole(entry.getKey()),
                            2 * loss - lastReader,
                            2 * loss - firstProducer);
                })
                .toList();
    }

    // ---- running

    /** What dropout and augmentation draw from. */
    RandomStream stream() {
        return assembly.stream();
    }

    /** The same, or null if nothing draws. */
    @Nullable
    RandomStream streamOrNull() {
        return assembly.streamOrNull();
    }

    /** Apart from those of the model's layers. */
    int site() {
        return assembly.site();
    }

    /** Bytes that the forward pass keeps for the backward one: activations as stored, masks, indices, statistics. */
    long savedBytes() {
        return savedBytes;
    }

    /** Bytes of the blocks that gradients and passing activations share. */
    List<Long> blockBytes() {
        return blockBytes;
    }

    /** Bytes of the selections of weights. */
    long selectedBytes() {
        return assembly.stages().stream().mapToLong(Stage::selectedBytes).sum();
    }

    /** Whether a layer reuses its thresholds from batch to batch. */
    boolean reusesThresholds() {
        return assembly.stages().stream().anyMatch(Stage::reusesThresholds);
    }

    /** The model bound to the first {@code size} samples of its tensors. */
    Batch batch(int size) {
        return batch(size, true);
    }

    /**
     * The same.
     *
     * @param anew whether layers that reuse their thresholds look for them in this step
     */
    Batch batch(int size, boolean anew) {
        Views views = new Views(workspace, size, anew);
        Stage.Pass[] passes =
                assembly.stages().stream().map(stage -> stage.pass(views)).toArray(Stage.Pass[]::new);
        Stage.@Nullable Tangents dot = logits.tangent() == null ? null : Stage.Tangents.of(views, input, null, logits);
        return new Batch(views.value(input), views.value(logits), views.gradientOrNull(logits), dot, passes);
    }

    /** Takes over what has changed since the last run and no op sees. May wait. */
    void prepare() {
        assembly.stages().forEach(Stage::prepare);
    }

    /** A model bound to tensors of one batch size. Runs without allocating. */
    static final class Batch {

        private final Tensor input;
        private final Tensor logits;
        private final @Nullable Tensor logitsGradient;
        private final Stage.@Nullable Tangents dot;
        private final Stage.Pass[] passes;

        private Batch(
                Tensor input,
                Tensor logits,
                @Nullable Tensor logitsGradient,
                Stage.@Nullable Tangents dot,
                Stage.Pass[] passes) {
            this.input = input;
            this.logits = logits;
            this.logitsGradient = logitsGradient;
            this.dot = dot;
            this.passes = passes;
        }

        Tensor input() {
            return input;
        }

        /** Good from the forward pass to the loss; the backward pass may overwrite them. */
        Tensor logits() {
            return logits;
        }

        /** Where the loss puts its gradient; null in evaluation. */
        @Nullable
        Tensor logitsGradient() {
            return logitsGradient;
        }

        /** Tangents of the model as one stage, from input to logits; null if none run along. */
        Stage.@Nullable Tangents dot() {
            return dot;
        }

        void forward() {
            for (Stage.Pass pass : passes) {
                pass.forward();
                if (dot != null) {
                    pass.forwardTangent();
                }
            }
        }

        void backward() {
            for (int i = passes.length - 1; i >= 0; i--) {
                passes[i].backward();
                if (dot != null) {
                    passes[i].backwardTangent();
                }
            }
        }
    }
}
