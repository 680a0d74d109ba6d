package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Cusparse.Csr;
import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What products with a pattern need and values do not change, on the device: shared by all spaces of equal pattern, made piece
 * by piece on first use, freed with the last space. Indices are 32-bit, base 0.
 */
final class PatternPlan {

    /** Spaces that use it; the cache counts. */
    int users;

    private final SparsityPattern pattern;
    private final PlanCache cache;
    private final List<DeviceBuffer> made = new ArrayList<>();
    private @Nullable Csr csr;
    private @Nullable DeviceBuffer rowIdx;
    private @Nullable DeviceBuffer bits;
    private @Nullable Transposed transposed;
    private @Nullable Pieces octets;
    private final Map<Integer, ByInput> byInput = new HashMap<>();
    private final Map<Cut, Pieces> pieces = new HashMap<>();

    PatternPlan(SparsityPattern pattern, PlanCache cache) {
        this.pattern = pattern;
        this.cache = cache;
    }

    /**
     * The transposed structure.
     *
     * @param csr cols x rows
     * @param permutation for each of its entries, the position in the pattern whose value it takes
     */
    record Transposed(Csr csr, DeviceBuffer permutation) {}

    /**
     * The entries in the order in which an input channel of a convolution meets them: by input channel, then canonical.
     *
     * @param channelPtr where each channel begins, and the end
     * @param entries positions in the pattern
     */
    record ByInput(DeviceBuffer channelPtr, DeviceBuffer entries) {}

    /**
     * Entries cut as {@link RowPieces} tells.
     *
     * @param severed how many of them, the first ones, belong to rows that have several
     */
    record Pieces(int count, int severed, DeviceBuffer words) {}

    private record Cut(boolean transposed, int length, int groups) {}

    SparsityPattern pattern() {
        return pattern;
    }

    Csr csr() {
        synchronized (cache) {
            Csr known = csr;
            if (known == null) {
                known = upload(pattern);
                csr = known;
            }
            return known;
        }
    }

    /** {@code [rows + 1]}. */
    DeviceBuffer rowPtr() {
        return csr().rowPtr();
    }

    /** {@code [nnz]}. */
    DeviceBuffer colIdx() {
        return csr().colIdx();
    }

    /** The row of each entry, {@code [nnz]}. */
    DeviceBuffer rowIdx() {
        synchronized (cache) {
            DeviceBuffer known = rowIdx;
            if (known == null) {
                known = upload(rowOfEntries());
                rowIdx = known;
            }
            return known;
        }
    }

    Transposed transposed() {
        synchronized (cache) {
            Transposed known = transposed;
            if (known == null) {
                SparsityPattern.Transposed on = pattern.transpose();
                known = new Transposed(upload(on.pattern()), upload(on.permutation()));
                transposed = known;
            }
            return known;
        }
    }

    /** The rows, or those of the transpose, for SpMM: {@link RowPieces#cut}. */
    Pieces pieces(boolean ofTransposed, int length, int groups) {
        synchronized (cache) {
            return pieces.computeIfAbsent(new Cut(ofTransposed, length, groups), cut -> {
                SparsityPattern of = ofTransposed ? pattern.transpose().pattern() : pattern;
                int[] words = RowPieces.cut(of, length, groups);
                return new Pieces(words.length / RowPieces.WORDS, RowPieces.severed(words), upload(words));
            });
        }
    }

    /** {@link RowPieces#octets}. */
    Pieces octets() {
        synchronized (cache) {
            Pieces known = octets;
            if (known == null) {
                int[] words = RowPieces.octets(pattern);
                known = new Pieces(words.length / RowPieces.OCTET_WORDS, 0, upload(words));
                octets = known;
            }
            return known;
        }
    }

    /** For the convolutions whose kernel has so many taps. Patterns of no entries may be those of several. */
    ByInput byInput(int kernel) {
        synchronized (cache) {
            return byInput.computeIfAbsent(kernel, this::sortedByInput);
        }
    }

    /** Entries of the row that has most. */
    int longestRow() {
        int longest = 0;
        for (int row = 0; row < pattern.rows(); row++) {
            longest = Math.max(longest, pattern.rowEnd(row) - pattern.rowStart(row));
        }
        return longest;
    }

    /** Membership by flat row-major index, 32 to a word, lowest bit first. */
    DeviceBuffer bits() {
        synchronized (cache) {
            DeviceBuffer known = bits;
            if (known == null) {
                known = upload(membership());
                bits = known;
            }
            return known;
        }
    }

    /** Bytes on the device, as far as made. */
    long sizeBytes() {
        synchronized (cache) {
            return made.stream().mapToLong(DeviceBuffer::sizeBytes).sum();
        }
    }

    void free() {
        made.forEach(DeviceBuffer::close);
        made.clear();
    }

    /** The structures that plans of cuSPARSE may know. */
    List<Csr> structures() {
        synchronized (cache) {
            List<Csr> known = new ArrayList<>();
            if (csr != null) {
                known.add(csr);
            }
            if (transposed != null) {
                known.add(transposed.csr());
            }
            return known;
        }
    }

    private Csr upload(SparsityPattern of) {
        return new Csr(of.rows(), of.cols(), (int) of.nnz(), upload(of.copyRowPtr()), upload(of.copyColIdx()));
    }

    private DeviceBuffer upload(int[] numbers) {
        String use = "the pattern of " + pattern.rows() + "x" + pattern.cols() + " weights with " + pattern.nnz()
                + " entries";
        DeviceBuffer buffer = cache.upload(numbers, use);
        made.add(buffer);
        return buffer;
    }

    private int[] rowOfEntries() {
        int[] rows = new int[(int) pattern.nnz()];
        for (int row = 0; row < pattern.rows(); row++) {
            Arrays.fill(rows, pattern.rowStart(row), pattern.rowEnd(row), row);
        }
        return rows;
    }

    /** A counting sort, stable, so that entries of a channel stay in canonical order. */
    private ByInput sortedByInput(int kernel) {
        int[] channelPtr = new int[pattern.cols() / kernel + 1];
        int[] entries = new int[(int) pattern.nnz()];
        for (int p = 0; p < entries.length; p++) {
            channelPtr[pattern.col(p) / kernel + 1]++;
        }
        Arrays.parallelPrefix(channelPtr, Integer::sum);
        int[] next = channelPtr.clone();
        for (int p = 0; p < entries.length; p++) {
            entries[next[pattern.col(p) / kernel]++] = p;
        }
        return new ByInput(upload(channelPtr), upload(entries));
    }

    private int[] membership() {
        int[] words = new int[Math.toIntExact((pattern.size() + 31) / 32)];
        for (int row = 0; row < pattern.rows(); row++) {
            for (int p = pattern.rowStart(row); p < pattern.rowEnd(row); p++) {
                long flat = (long) row * pattern.cols() + pattern.col(p);
                words[(int) (flat >>> 5)] |= 1 << flat;
            }
        }
        return words;
    }
}
