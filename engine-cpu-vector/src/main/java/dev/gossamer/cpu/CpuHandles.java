package dev.gossamer.cpu;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import java.lang.foreign.MemorySegment;

/** The small handles: scalars, class numbers, sample numbers and data sets, all plain host memory here. */
final class CpuHandles {

    private CpuHandles() {}

    static final class CpuCell implements Cell {

        float value;
        private final CpuWorkspace owner;

        CpuCell(CpuWorkspace owner, float value) {
            this.owner = owner;
            this.value = value;
        }

        @Override
        public Object owner() {
            return owner;
        }
    }

    static final class CpuLabels implements Labels {

        final int[] classes;
        private final CpuWorkspace owner;

        CpuLabels(CpuWorkspace owner, int capacity) {
            this.owner = owner;
            this.classes = new int[capacity];
        }

        @Override
        public int capacity() {
            return classes.length;
        }

        @Override
        public Object owner() {
            return owner;
        }
    }

    static final class CpuOrder implements Order {

        final int[] samples;
        private final CpuWorkspace owner;

        CpuOrder(CpuWorkspace owner, int capacity) {
            this.owner = owner;
            this.samples = new int[capacity];
        }

        @Override
        public int capacity() {
            return samples.length;
        }

        @Override
        public Object owner() {
            return owner;
        }
    }

    static final class CpuStream implements RandomStream {

        long key;
        int step;

        /** Room for a block, for those who draw one at a time. */
        final long[] words = new long[2];

        private final CpuWorkspace owner;

        CpuStream(CpuWorkspace owner) {
            this.owner = owner;
        }

        @Override
        public Object owner() {
            return owner;
        }
    }

    record CpuSamples(
            CpuWorkspace owner, MemorySegment images, MemorySegment labels, Shape one, long count, boolean writable)
            implements Samples {}
}
