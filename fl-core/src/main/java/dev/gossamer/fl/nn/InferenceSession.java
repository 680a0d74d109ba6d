package dev.gossamer.fl.nn;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Logits of samples. Belongs to the thread of the network's workspace, and allocates nothing once a batch of each size has been
 * through.
 *
 * <p>As in {@link EvaluationSession}, a batch goes through the model in pieces where its activations would leave the caches. A
 * batch that is too small for the vectors of the device is cut into tiles that fill them, which changes no bit.
 */
public final class InferenceSession implements AutoCloseable {

    private final Workspace workspace;
    private final Samples samples;
    private final PixelTransform transform;
    private final int classes;
    private final int piece;
    private final Computation computation;
    private final Computation.@Nullable Batch[] bound;
    private final @Nullable Step[] steps;
    private final Order order;
    private final Labels labels;
    private final Cell position;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment columns;

    /**
     * Makes room for inference.
     *
     * @param samples of the network's workspace, or one around it; at most {@link Order#MAX_CAPACITY}. Nothing depends on their
     *     labels
     * @param batch samples that are asked for at once, at most
     */
    public InferenceSession(Network network, Samples samples, PixelTransform transform, int batch) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be at least 1, got " + batch);
        }
        this.workspace = network.workspace().child();
        this.samples = samples;
        this.transform = transform;
        this.classes = network.spec().classes();
        this.piece = EvaluationSession.piece(network.spec(), batch, workspace.nearBytes());
        this.computation = new Computation(workspace, network, piece, Tiling.ofAtMost(workspace.lanes() / piece));
        this.bound = new Computation.Batch[piece + 1];
        this.steps = new Step[piece + 1];
        int count = Math.toIntExact(samples.count());
        this.order = workspace.order(count);
        workspace.upload(MemorySegment.ofArray(IntStream.range(0, count).toArray()), count, order);
        this.labels = workspace.labels(piece);
        this.position = workspace.cell(0);
        this.columns = arena.allocate((long) classes * piece * Float.BYTES, Long.BYTES);
    }

    /**
     * Logits of consecutive samples. Waits.
     *
     * @param first number of the first sample
     * @param count how many there are
     * @param logits receives {@code [count][classes]}
     */
    public void logits(int first, int count, float[] logits) {
        if (first < 0
                || count < 0
                || first + (long) count > samples.count()
                || logits.length < count * (long) classes) {
            throw new IllegalArgumentException("Samples " + first + " to " + (first + (long) count) + " of "
                    + samples.count() + " do not exist, or their logits do not fit " + logits.length + " numbers");
        }
        for (int done = 0; done < count; done += piece) {
            int size = Math.min(piece, count - done);
            workspace.write(position, first + done);
            step(size).run();
            turn(size, logits, done * classes);
        }
    }

    /** The backend's {@code [classes, size]} to the caller's {@code [size][classes]}. */
    private void turn(int size, float[] logits, int at) {
        Computation.Batch batch = batch(size);
        workspace.download(batch.logits(), columns);
        for (int sample = 0; sample < size; sample++) {
            for (int c = 0; c < classes; c++) {
                logits[at + sample * classes + c] =
                        columns.getAtIndex(ValueLayout.JAVA_FLOAT, (long) c * size + sample);
            }
        }
    }

    private Computation.Batch batch(int size) {
        Computation.Batch batch = bound[size];
        if (batch == null) {
            batch = computation.batch(size);
            bound[size] = batch;
        }
        return batch;
    }

    private Step step(int size) {
        Step step = steps[size];
        if (step == null) {
            Computation.Batch batch = batch(size);
            step = workspace.record(() -> {
                workspace.data().batch(samples, transform, order, position, batch.input(), labels);
                batch.forward();
            });
            steps[size] = step;
        }
        return step;
    }

    /** Bytes that this session holds, as the workspace counts. */
    public long allocatedBytes() {
        return workspace.allocatedBytes();
    }

    @Override
    public void close() {
        workspace.close();
        arena.close();
    }
}
