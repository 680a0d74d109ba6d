package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** The small operands of this backend: host arrays and scalars. */
final class Handles {

    private Handles() {}

    static final class ReferenceCell implements Cell {
        private final Object owner;
        float value;

        ReferenceCell(Object owner, float value) {
            this.owner = owner;
            this.value = value;
        }

        @Override
        public Object owner() {
            return owner;
        }
    }

    static final class ReferenceLabels implements Labels {
        private final Object owner;
        final int[] classes;

        ReferenceLabels(Object owner, int capacity) {
            this.owner = owner;
            this.classes = new int[capacity];
        }

        @Override
        public Object owner() {
            return owner;
        }

        @Override
        public int capacity() {
            return classes.length;
        }
    }

    static final class ReferenceOrder implements Order {
        private final Object owner;
        final int[] samples;

        ReferenceOrder(Object owner, int capacity) {
            this.owner = owner;
            this.samples = new int[capacity];
        }

        @Override
        public Object owner() {
            return owner;
        }

        @Override
        public int capacity() {
            return samples.length;
        }
    }

    /** One boolean per element, the batch of the mask's shape apart from row to row. */
    static final class ReferenceMask implements Mask {
        private final Object owner;
        private final Shape shape;
        private final boolean[] bits;

        ReferenceMask(Object owner, Shape shape) {
            this.owner = owner;
            this.shape = shape;
            this.bits = new boolean[Math.toIntExact(shape.size())];
        }

        @Override
        public Object owner() {
            return owner;
        }

        @Override
        public Shape shape() {
            return shape;
        }

        /** The bits of the first samples, row-major. */
        boolean[] get(int batch) {
            boolean[] packed = new boolean[shape.features() * batch];
            for (int f = 0; f < shape.features(); f++) {
                System.arraycopy(bits, f * shape.batch(), packed, f * batch, batch);
            }
            return packed;
        }

        /** Overwrites the bits of the first samples. */
        void set(boolean[] packed, int batch) {
            for (int f = 0; f < shape.features(); f++) {
                System.arraycopy(packed, f * batch, bits, f * shape.batch(), batch);
            }
        }
    }

    /** What remains of a sequence when it is compressed, and by which threshold: the numbers that are not 0, in order. */
    static final class Kept {

        private static final int NONE = -1;

        /** Of an index and a number. */
        private static final int BYTES = Integer.BYTES + Float.BYTES;

        private final long capacity;
        private int[] indices = {};
        private float[] values = {};
        private int length;
        private int threshold = NONE;

        Kept(long capacity) {
            this.capacity = capacity;
        }

        long sizeBytes() {
            return capacity * BYTES;
        }

        boolean isEmpty() {
            return threshold == NONE;
        }

        void compress(float[] from, long keep) {
            threshold = Compression.threshold(from, keep);
            store(Compression.top(from, keep));
        }

        void compressAgain(float[] from, long keep) {
            float[] kept = Compression.atLeast(from, threshold);
            if (threshold == NONE || Compression.count(kept) > capacity) {
                compress(from, keep);
            } else {
                store(kept);
            }
        }

        private void store(float[] kept) {
            length = kept.length;
            indices = IntStream.range(0, length).filter(i -> kept[i] != 0).toArray();
            values = new float[indices.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = kept[indices[i]];
            }
        }

        float[] values() {
            return values;
        }

        /** All numbers, 0 where nothing is stored. */
        float[] numbers() {
            float[] numbers = new float[length];
            for (int i = 0; i < values.length; i++) {
                numbers[indices[i]] = values[i];
            }
            return numbers;
        }

        SparsityPattern pattern(int rows, int cols) {
            return SparsityPattern.fromFlatIndices(rows, cols, indices);
        }
    }

    static final class ReferenceSparseWeights implements SparseWeights {
        private final Object owner;
        private final Geometry geometry;
        private final long capacity;
        final Kept kept;

        ReferenceSparseWeights(Object owner, Geometry geometry, long capacity) {
            this.owner = owner;
            this.geometry = geometry;
            this.capacity = capacity;
            this.kept = new Kept(capacity);
        }

        @Override
        public Object owner() {
            return owner;
        }

        @Override
        public Geometry geometry() {
            return geometry;
        }

        @Override
        public long capacity() {
            return capacity;
        }

        @Override
        public long sizeBytes() {
            return kept.sizeBytes();
        }

        /** Where something is stored; nothing is before the first compression. */
        SparsityPattern entries() {
            return kept.pattern(geometry.rows(), geometry.cols());
        }
    }

    static final class ReferenceSparseTensor implements SparseTensor {
        private final Object owner;
        private final Shape shape;
        private final long capacity;
        final Kept kept;

        ReferenceSparseTensor(Object owner, Shape shape, long capacity) {
            this.owner = owner;
            this.shape = shape;
            this.capacity = capacity;
            this.kept = new Kept(capacity);
        }

        @Override
        public Object owner() {
            return owner;
        }

        @Override
        public Shape shape() {
            return shape;
        }

        @Override
        public long capacity() {
            return capacity;
        }

        @Override
        public long sizeBytes() {
            return kept.sizeBytes();
        }
    }

    static final class ReferenceStream implements RandomStream {
        private final Object owner;
        long key;
        int step;

        ReferenceStream(Object owner) {
            this.owner = owner;
        }

        @Override
        public Object owner() {
            return owner;
        }
    }

    /** One number per element, the batch of the shape apart from row to row. */
    static final class ReferenceIndices implements Indices {
        private final Object owner;
        private final Shape shape;
        private final int[] chosen;

        ReferenceIndices(Object owner, Shape shape) {
            this.owner = owner;
            this.shape = shape;
            this.chosen = new int[Math.toIntExact(shape.size())];
        }

        @Override
        public Object owner() {
            return owner;
        }

        @Override
        public Shape shape() {
            return shape;
        }

        /** The numbers of the first samples, row-major. */
        int[] get(int batch) {
            int[] packed = new int[shape.features() * batch];
            for (int f = 0; f < shape.features(); f++) {
                System.arraycopy(chosen, f * shape.batch(), packed, f * batch, batch);
            }
            return packed;
        }

        /** Overwrites the numbers of the first samples. */
        void set(int[] packed, int batch) {
            for (int f = 0; f < shape.features(); f++) {
                System.arraycopy(packed, f * batch, chosen, f * shape.batch(), batch);
            }
        }
    }

    /** The caller's segments, read in place; where writable, segments of its own. */
    record ReferenceSamples(
            Object owner, MemorySegment images, MemorySegment labels, Shape one, long count, boolean writable)
            implements Samples {}
}
