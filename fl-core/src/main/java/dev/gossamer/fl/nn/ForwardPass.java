package dev.gossamer.fl.nn;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Forward passes over samples in their own order: what evaluation and inference share. Each size of a batch is recorded as a step
 * of its own, with what follows the pass.
 */
final class ForwardPass implements AutoCloseable {

    /** Fewer samples would leave vectors and tiles of kernels unfilled. */
    private static final int SMALLEST_PIECE = 32;

    /** A part of the network's, which dies with this. */
    final Workspace workspace;

    /** Samples that go through the model together, at most. */
    final int piece;

    /** Of the samples of the last pass. */
    final Labels labels;

    final Samples samples;
    private final PixelTransform transform;
    private final Consumer<Computation.Batch> ending;
    private final Computation computation;
    private final Recorded[] recorded;
    private final Order order;
    private final Cell position;

    private record Recorded(Computation.Batch batch, Step step) {}

    /**
     * Makes room for batches.
     *
     * @param samples of the workspace that it is given, or one around it; at most {@link Order#MAX_CAPACITY}
     * @param batch samples that are asked for at once, at most; where their activations would leave the caches between two layers,
     *     they are to come in pieces
     * @param tiled whether batches that are too small for the vectors of the device are cut into tiles that fill them
     * @param ending what follows a pass
     */
    ForwardPass(
            Network network,
            Function<Workspace, Samples> samples,
            PixelTransform transform,
            int batch,
            boolean tiled,
            Consumer<Computation.Batch> ending) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be at least 1, got " + batch);
        }
        this.workspace = network.workspace().child();
        this.samples = samples.apply(workspace);
        this.transform = transform;
        this.ending = ending;
        this.piece = piece(network.spec(), batch, workspace.nearBytes());
        Tiling tiling = tiled ? Tiling.ofAtMost(workspace.lanes() / piece) : Tiling.WHOLE;
        this.computation = new Computation(workspace, network, piece, tiling);
        this.recorded = new Recorded[piece + 1];
        int count = Math.toIntExact(this.samples.count());
        this.order = workspace.order(count);
        workspace.upload(MemorySegment.ofArray(IntStream.range(0, count).toArray()), count, order);
        this.labels = workspace.labels(piece);
        this.position = workspace.cell(0);
    }

    /** Samples that go through the model together: the batch, halved until what a layer reads and writes is near. */
    private static int piece(ModelSpec spec, int batch, long nearBytes) {
        long bytes = Float.BYTES * spec.layerFeatures();
        int piece = batch;
        while (piece > SMALLEST_PIECE && piece > nearBytes / bytes) {
            piece = (piece + 1) / 2;
        }
        return piece;
    }

    /**
     * Issues the pass of some samples, and what follows it; waits for nothing.
     *
     * @param first number of the first
     * @param size how many, from 1 to {@link #piece}
     */
    Computation.Batch issue(int first, int size) {
        workspace.write(position, first);
        Recorded pass = recorded(size);
        pass.step.run();
        return pass.batch;
    }

    private Recorded recorded(int size) {
        @Nullable Recorded known = recorded[size];
        if (known == null) {
            Computation.Batch batch = computation.batch(size);
            known = new Recorded(batch, workspace.record(() -> {
                workspace.data().batch(samples, transform, order, position, batch.input(), labels);
                batch.forward();
                ending.accept(batch);
            }));
            recorded[size] = known;
        }
        return known;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
