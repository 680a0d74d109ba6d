package dev.gossamer.fl.nn;

import dev.gossamer.engine.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which tensors of a step can lie in the same memory, given when each is needed. Visited in the order in which they come to
 * life, each takes the smallest block that is free and large enough, else the largest that is free, which grows: then there
 * are never more blocks than tensors that are needed at the same time.
 */
final class MemoryPlan {

    private MemoryPlan() {}

    /**
     * A tensor and when it holds numbers.
     *
     * @param what it is, for whoever asked
     * @param from first time of the step at which it is written
     * @param to last time at which it is read, not before {@code from}
     */
    record Need<T>(T what, Shape shape, int from, int to) {}

    /** The needs, one list for each block of memory; in each list no two are alive at the same time. */
    static <T> List<List<Need<T>>> share(List<Need<T>> needs) {
        List<Block<T>> blocks = new ArrayList<>();
        needs.stream().sorted(Comparator.comparingInt(Need::from)).forEachOrdered(need -> {
            Block<T> block = free(blocks, need);
            if (block == null) {
                block = new Block<>();
                blocks.add(block);
            }
            block.add(need);
        });
        return blocks.stream().map(block -> block.needs).toList();
    }

    private static <T> @Nullable Block<T> free(List<Block<T>> blocks, Need<T> need) {
        List<Block<T>> free =
                blocks.stream().filter(block -> block.busyUntil < need.from()).toList();
        long size = need.shape().size();
        Comparator<Block<T>> bySize = Comparator.comparingLong(block -> block.size);
        return free.stream()
                .filter(block -> block.size >= size)
                .min(bySize)
                .orElseGet(() -> free.stream().max(bySize).orElse(null));
    }

    private static final class Block<T> {

        private final List<Need<T>> needs = new ArrayList<>();
        private int busyUntil = -2;
        private long size;

        void add(Need<T> need) {
            needs.add(need);
            busyUntil = need.to();
            size = Math.max(size, need.shape().size());
        }
    }
}
