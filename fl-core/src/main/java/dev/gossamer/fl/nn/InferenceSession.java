package dev.gossamer.fl.nn;

import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;

/**
 * Logits of samples. Belongs to the thread of the network's workspace, and allocates nothing once a batch of each size has been
 * through.
 *
 * <p>As in {@link EvaluationSession}, a batch goes through the model in pieces where its activations would leave the caches. A
 * batch that is too small for the vectors of the device is cut into tiles that fill them, which changes no bit.
 */
public final class InferenceSession implements AutoCloseable {

    private final int classes;
    private final ForwardPass pass;
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
        this(network, part -> samples, transform, batch);
    }

    /**
     * Makes room for inference of samples that come while the program runs: see {@link #logits(MemorySegment, int, float[])}.
     *
     * @param one shape of a sample
     * @param batch samples that come at once, at most
     */
    public InferenceSession(Network network, Shape one, PixelTransform transform, int batch) {
        this(network, part -> part.samples(one, batch), transform, batch);
    }

    private InferenceSession(
            Network network, Function<Workspace, Samples> samples, PixelTransform transform, int batch) {
        this.classes = network.spec().classes();
        this.pass = new ForwardPass(network, samples, transform, batch, true, bound -> {});
        this.columns = arena.allocate((long) classes * pass.piece * Float.BYTES, Long.BYTES);
    }

    /**
     * Logits of samples that come from elsewhere. Waits.
     *
     * @param images unsigned bytes {@code [count][channels, height, width]}, on the heap or off it
     * @param count how many there are
     * @param logits receives {@code [count][classes]}
     * @throws IllegalArgumentException if the session was made for a data set, or there are more than it has room for
     */
    public void logits(MemorySegment images, int count, float[] logits) {
        checkRoom(count, logits);
        pass.workspace.upload(images, count, pass.samples);
        logits(0, count, logits);
    }

    /**
     * Logits of consecutive samples of the data set. Waits.
     *
     * @param first number of the first sample
     * @param count how many there are
     * @param logits receives {@code [count][classes]}
     */
    public void logits(int first, int count, float[] logits) {
        if (first < 0 || count < 0 || first + (long) count > pass.samples.count()) {
            throw new IllegalArgumentException("Samples " + first + " to " + (first + (long) count) + " of "
                    + pass.samples.count() + " do not exist");
        }
        checkRoom(count, logits);
        for (int done = 0; done < count; done += pass.piece) {
            int size = Math.min(pass.piece, count - done);
            turn(pass.issue(first + done, size), size, logits, done * classes);
        }
    }

    private void checkRoom(int count, float[] logits) {
        if (logits.length < count * (long) classes) {
            throw new IllegalArgumentException(count + " samples have " + count * (long) classes
                    + " logits, which do not fit " + logits.length + " numbers");
        }
    }

    /** The backend's {@code [classes, size]} to the caller's {@code [size][classes]}. */
    private void turn(Computation.Batch batch, int size, float[] logits, int at) {
        pass.workspace.download(batch.logits(), columns);
        for (int sample = 0; sample < size; sample++) {
            for (int c = 0; c < classes; c++) {
                logits[at + sample * classes + c] =
                        columns.getAtIndex(ValueLayout.JAVA_FLOAT, (long) c * size + sample);
            }
        }
    }

    /** Bytes that this session holds, as the workspace counts. */
    public long allocatedBytes() {
        return pass.workspace.allocatedBytes();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            pass.close();
            arena.close();
        }
    }
}
