package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Graph;
import dev.gossamer.cuda.device.Perishable;
import dev.gossamer.cuda.device.Stream;
import dev.gossamer.engine.OutOfDeviceMemoryException;
import dev.gossamer.engine.Step;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step as a CUDA graph. The first run issues the ops one by one, so that plans, scratch memory, library handles and kernels
 * come into being; the next one captures what they issue, and from then on that is launched as a whole.
 *
 * <p>A step of few nodes that runs many times in a row is captured once more, as a graph of several runs. Launches
 * of threads that train side by side wait for each other in the driver, and this way there are fewer.
 *
 * <p>A graph holds addresses and numbers as they were when it was captured. They stay right as long as all device memory whose
 * address was asked for is there, and all spaces that were looked at are stored as they were: everything else that decides
 * what an op issues never changes, or lies in device memory. When something is gone, the next run issues the ops one by one
 * again. Whether a step runs as a graph changes no number.
 *
 * <p>A body that waits, allocates or fails while it is captured is issued op by op from then on. One for whose graph there is
 * no memory is captured again at a later run, and runs alone where that is so of the graph of several.
 */
final class CudaStep implements Step, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(CudaStep.class.getName());

    /** An eighth of the launches is few enough: ten clients then need one every 27 us, and the driver takes 5.6. */
    private static final int MOST_TOGETHER = 8;

    /**
     * A graph of several runs is made when the step runs so many times that often. To capture a run takes the processor as long
     * as to issue it, some 85 us for an MLP's, and to launch it with others instead of by itself saves a few.
     */
    private static final int WORTH = 16;

    private final Stream stream;
    private final Runnable body;
    private final int mostNodes;
    /** What the last run but for those of graphs relied on; null before the first one and after one that failed. */
    private @Nullable List<Perishable> uses;

    private @Nullable Graph single;
    private @Nullable Graph several;
    /** Runs that {@link #several} holds, or is to hold. */
    private int together;
    /** Since {@link #single} was captured. */
    private long runs;
    /** Why it is not captured, if it is not to be. */
    private @Nullable String refusal;
    /** How often it is to be issued before it is captured: more where there was no memory for its graph. */
    private long issuedFirst;

    private long issued;
    private long captured;
    private long launched;
    private boolean open = true;

    CudaStep(Stream stream, Runnable body, CudaTuning tuning) {
        this.stream = stream;
        this.body = body;
        this.mostNodes = tuning.stepNodes();
        this.refusal = tuning.stepCapture() ? null : "step.capture is 0";
    }

    @Override
    public void run() {
        runSome(1);
    }

    @Override
    public void run(int times) {
        for (int left = times; left > 0; ) {
            left -= runSome(left);
        }
    }

    /** Runs it once, or several times where there is a graph for that; answers how often. */
    private int runSome(int left) {
        if (refusal != null || !open || stream.isInStep()) {
            issue();
            return 1;
        }
        if (!holds()) {
            forget();
            uses = stream.watch(this::issue);
            return 1;
        }
        Graph graph = graph(left);
        if (graph == null) {
            issue();
            return 1;
        }
        int done = graph == several ? together : 1;
        launched++;
        runs += done;
        stream.launch(graph);
        return done;
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

    /** The graph for the next run, or the next few; null if the step cannot be captured. */
    private @Nullable Graph graph(int left) {
        if (single == null && issued >= issuedFirst) {
            single = capture(1);
            together = single == null ? 1 : Math.clamp(mostNodes / Math.max(1, single.nodes()), 1, MOST_TOGETHER);
        }
        if (single == null || together == 1 || left < together) {
            return single;
        }
        if (several == null && runs + left >= (long) WORTH * together) {
            several = capture(together);
            together = several == null ? 1 : together;
        }
        return several == null ? single : several;
    }

    /** Nothing runs here: a body that cannot be captured has issued nothing, and is run as it is. */
    private @Nullable Graph capture(int times) {
        try {
            Graph[] made = new Graph[1];
            uses = stream.watch(() -> made[0] = stream.capture(() -> {
                for (int i = 0; i < times; i++) {
                    body.run();
                }
            }));
            captured++;
            return made[0];
        } catch (OutOfDeviceMemoryException e) {
            // Others may give some back, so it is tried again, but ever more seldom.
            issuedFirst = 2 * issued;
            LOG.log(System.Logger.Level.DEBUG, "A graph of {0} runs of a step: {1}", times, e.getMessage());
            return null;
        } catch (RuntimeException e) {
            refusal = String.valueOf(e.getMessage());
            LOG.log(System.Logger.Level.INFO, "A step runs op by op, not as a CUDA graph: {0}", refusal);
            return null;
        }
    }

    private void forget() {
        uses = null;
        runs = 0;
        if (single != null) {
            single.close();
            single = null;
        }
        if (several != null) {
            several.close();
            several = null;
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
        Graph known = single;
        String now = known != null
                ? "a CUDA graph of " + known.nodes() + " nodes"
                        + (several == null ? "" : ", and one of " + together + " runs")
                : refusal == null ? "to be captured as a CUDA graph" : "not captured: " + refusal;
        return now + "; run op by op " + issued + " times, captured " + captured + " times, launched " + launched
                + " times";
    }
}
