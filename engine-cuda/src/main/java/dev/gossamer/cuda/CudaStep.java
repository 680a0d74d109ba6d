package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Graph;
import dev.gossamer.cuda.device.Perishable;
import dev.gossamer.cuda.device.Stream;
import dev.gossamer.engine.Step;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step as a CUDA graph. The first run issues the ops one by one, so that plans, scratch memory, library handles and kernels
 * come into being; the next one captures what they issue, and from then on that is launched as a whole.
 *
 * <p>A graph holds addresses and numbers as they were when it was captured. They stay right as long as all device memory whose
 * address was asked for is there, and all spaces that were looked at are stored as they were: everything else that decides
 * what an op issues never changes, or lies in device memory. When something is gone, the next run issues the ops one by one
 * again. Whether a step runs as a graph changes no number.
 *
 * <p>A body that waits, allocates or fails while it is captured is issued op by op from then on.
 */
final class CudaStep implements Step, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(CudaStep.class.getName());

    private final Stream stream;
    private final Runnable body;
    /** What the last run but for those of the graph relied on; null before the first one and after one that failed. */
    private @Nullable List<Perishable> uses;

    private @Nullable Graph graph;
    /** Why it is not captured, if it is not to be. */
    private @Nullable String refusal;

    private long issued;
    private long captured;
    private long launched;
    private boolean open = true;

    CudaStep(Stream stream, Runnable body, boolean capture) {
        this.stream = stream;
        this.body = body;
        this.refusal = capture ? null : "step.capture is 0";
    }

    @Override
    public void run() {
        if (refusal != null || !open || stream.isInStep()) {
            issue();
            return;
        }
        if (!holds()) {
            forget();
            uses = stream.watch(this::issue);
            return;
        }
        if (graph == null) {
            capture();
        }
        if (graph == null) {
            issue();
        } else {
            launched++;
            stream.launch(graph);
        }
    }

    private void issue() {
        issued++;
        body.run();
    }

    /** Whether all is there that the last run relied on. */
    private boolean holds() {
        List<Perishable> known = uses;
        if (known == null) {
            return false;
        }
        for (int i = 0; i < known.size(); i++) {
            if (known.get(i).isGone()) {
                return false;
            }
        }
        return true;
    }

    /** Nothing runs here: a body that cannot be captured has issued nothing, and is run as it is. */
    private void capture() {
        try {
            uses = stream.watch(() -> graph = stream.capture(body));
            captured++;
        } catch (RuntimeException e) {
            refusal = String.valueOf(e.getMessage());
            LOG.log(System.Logger.Level.INFO, "A step runs op by op, not as a CUDA graph: {0}", refusal);
        }
    }

    private void forget() {
        uses = null;
        if (graph != null) {
            graph.close();
            graph = null;
        }
    }

    /** Called by the workspace that dies with its steps. */
    @Override
    public void close() {
        open = false;
        forget();
    }

    @Override
    public String describe() {
        Graph known = graph;
        String now = known != null
                ? "a CUDA graph of " + known.nodes() + " nodes"
                : refusal == null ? "to be captured as a CUDA graph" : "not captured: " + refusal;
        return now + "; run op by op " + issued + " times, captured " + captured + " times, launched " + launched
                + " times";
    }
}
