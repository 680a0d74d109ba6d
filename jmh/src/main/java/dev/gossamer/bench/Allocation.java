package dev.gossamer.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Bytes that all Java threads together take from the heap. */
final class Allocation {

    /** Runs before: caches, lazily made objects, the compilers' escape analysis. */
    private static final int WARM_UP = 50;

    private static final int RUNS = 100;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocation() {}

    /** Of one run, on average, but for what measuring takes itself. */
    static double ofRun(Contender contender) {
        bytes(contender, WARM_UP);
        return Math.max(0, bytes(contender, RUNS) - bytes(contender, 0)) / (double) RUNS;
    }

    private static long bytes(Contender contender, int runs) {
        long before = THREADS.getTotalThreadAllocatedBytes();
        for (int i = 0; i < runs; i++) {
            contender.run();
        }
        return THREADS.getTotalThreadAllocatedBytes() - before;
    }
}
