package dev.gossamer.cuda;

import dev.gossamer.cuda.device.CudaDevice;
import dev.gossamer.engine.EngineException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The GPUs of a backend, and which of them a thread works on: the one with the fewest threads, where it stays while it has a
 * workspace, as a thread has one current context. All but the first are opened when a thread comes that would have to share.
 */
final class Gpus implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Gpus.class.getName());

    private final IntFunction<CudaDevice> opens;
    private final List<Gpu> open = new ArrayList<>();
    private final Deque<Integer> others;

    /** A GPU and the plans of patterns on it, which its workspaces share. */
    static final class Gpu {

        final CudaDevice device;
        final PlanCache plans;

        /** Workspaces by thread. */
        private final Map<Thread, Integer> workspaces = new HashMap<>();

        private Gpu(CudaDevice device) {
            this.device = device;
            this.plans = new PlanCache(device);
        }
    }

    /**
     * Opens the first.
     *
     * @param ordinals of GPUs of one kind, at least one
     * @param opens a GPU by its ordinal
     */
    Gpus(List<Integer> ordinals, IntFunction<CudaDevice> opens) {
        this.opens = opens;
        this.others = new ArrayDeque<>(ordinals.subList(1, ordinals.size()));
        open.add(new Gpu(opens.apply(ordinals.getFirst())));
    }

    /** {@code ", and 3 more like it"}, of so many GPUs; nothing for one. */
    static String others(int count) {
        return count == 1 ? "" : ", and " + (count - 1) + " more like it";
    }

    synchronized String describe() {
        return open.getFirst().device.describe() + others(count());
    }

    /** Those that are open, and those that would be opened. */
    synchronized int count() {
        return open.size() + others.size();
    }

    /** Those that are open. */
    synchronized List<CudaDevice> devices() {
        return open.stream().map(gpu -> gpu.device).toList();
    }

    /** The GPU for a new workspace of the calling thread, current on it. */
    synchronized Gpu enter() {
        Thread thread = Thread.currentThread();
        Gpu gpu = open.stream()
                .filter(each -> each.workspaces.containsKey(thread))
                .findFirst()
                .orElseGet(this::leastUsed);
        gpu.device.makeCurrent();
        gpu.workspaces.merge(thread, 1, Integer::sum);
        return gpu;
    }

    /** A workspace that this thread entered for is closed, or could not be made. */
    synchronized void leave(Gpu gpu, Thread thread) {
        gpu.workspaces.computeIfPresent(thread, (same, count) -> count == 1 ? null : count - 1);
    }

    private Gpu leastUsed() {
        Comparator<Gpu> byThreads = Comparator.comparingInt(gpu -> gpu.workspaces.size());
        Gpu least = open.stream().min(byThreads).orElseThrow();
        while (!least.workspaces.isEmpty() && !others.isEmpty()) {
            int ordinal = others.remove();
            try {
                least = new Gpu(opens.apply(ordinal));
                open.add(least);
            } catch (EngineException e) {
                LOG.log(System.Logger.Level.WARNING, "Going on without GPU " + ordinal + ": " + e.getMessage());
            }
        }
        return least;
    }

    /** All workspaces are closed. */
    @Override
    public synchronized void close() {
        for (Gpu gpu : open) {
            gpu.device.makeCurrent();
            gpu.plans.close();
            gpu.device.close();
        }
        open.clear();
    }
}
