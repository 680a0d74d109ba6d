package dev.gossamer.engine.io;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;

/**
 * Growing arrays for the entries of a file. They grow with what was really read: a size line may claim two thousand million
 * entries in a file of a hundred bytes.
 */
final class EntryLists {

    static final int MAX_ENTRIES = SparsityPattern.MAX_NNZ;
    private static final int FIRST_CAPACITY = 1024;

    private EntryLists() {}

    private static int grown(int capacity) {
        return (int) Math.min(MAX_ENTRIES, Math.max(FIRST_CAPACITY, capacity * 2L));
    }

    static final class Ints {
        private int[] items = new int[0];
        private int size;

        void add(int item) {
            if (size == items.length) {
                items = Arrays.copyOf(items, grown(size));
            }
            items[size++] = item;
        }

        int get(int i) {
            return items[i];
        }

        int size() {
            return size;
        }

        int[] toArray() {
            return Arrays.copyOf(items, size);
        }
    }

    static final class Floats {
        private float[] items = new float[0];
        private int size;

        void add(float item) {
            if (size == items.length) {
                items = Arrays.copyOf(items, grown(size));
            }
            items[size++] = item;
        }

        float get(int i) {
            return items[i];
        }

        int size() {
            return size;
        }

        float[] toArray() {
            return Arrays.copyOf(items, size);
        }
    }

    /** The lines of entries, kept as the few places where the next entry is not on the next line. */
    static final class Lines {
        private long[] jumps = new long[0];
        private int count;
        private int entries;
        private long expected = -1;

        void add(long line) {
            if (line != expected) {
                if (2 * count == jumps.length) {
                    jumps = Arrays.copyOf(jumps, Math.max(16, 2 * jumps.length));
                }
                jumps[2 * count] = entries;
                jumps[2 * count + 1] = line;
                count++;
            }
            entries++;
            expected = line + 1;
        }

        long of(int entry) {
            int jump = count - 1;
            while (jumps[2 * jump] > entry) {
                jump--;
            }
            return jumps[2 * jump + 1] + entry - jumps[2 * jump];
        }
    }
}
