package dev.gossamer.cpu;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A parameter's index space and how its values are stored. Whatever the storage, values are one flat array of {@link #count}
 * floats, padded to a vector's worth by +0.0, so that optimisers are plain vector loops:
 *
 * <ul>
 *   <li>DENSE: rows x cols, no pattern;
 *   <li>MASKED: rows x cols, +0.0 outside the pattern; faster than packed at high density, and used for vectors;
 *   <li>PACKED: the nnz values in canonical order.
 * </ul>
 */
final class CpuSpace implements Space {

    enum Storage {
        DENSE,
        MASKED,
        PACKED
    }

    private final CpuWorkspace owner;
    private final int rows;
    private final int cols;
    private final double maskedDensity;
    private final Map<Role, CpuValues> values = new EnumMap<>(Role.class);
    private @Nullable PatternPlan plan;
    private Storage storage = Storage.DENSE;
    private long generation;

    /**
     * A space without a pattern.
     *
     * @param maskedDensity above this density a pattern is stored dense-masked
     */
    CpuSpace(CpuWorkspace owner, int rows, int cols, double maskedDensity) {
        this.owner = owner;
        this.rows = rows;
        this.cols = cols;
        this.maskedDensity = maskedDensity;
    }

    CpuValues values(Role role) {
        CpuValues known = values.get(role);
        if (known == null) {
            known = new CpuValues(this, role, owner.memory().allocate(bytes(count())));
            values.put(role, known);
        }
        return known;
    }

    /** Floats stored per role, padding not counted. */
    long count() {
        return storage == Storage.PACKED ? nnz() : size();
    }

    Storage storage() {
        return storage;
    }

    /** The plan of the pattern; only where there is one. */
    PatternPlan plan() {
        PatternPlan known = plan;
        if (known == null) {
            throw new IllegalStateException("A dense space has no pattern plan");
        }
        return known;
    }

    void repattern(@Nullable SparsityPattern next) {
        SparsityPattern last = pattern();
        if (Objects.equals(last, next)) {
            return;
        }
        PatternPlan nextPlan = next == null ? null : owner.plan(next);
        Storage nextStorage = storageOf(next);
        long bytes = bytes(nextStorage == Storage.PACKED && next != null ? next.nnz() : size());
        reserve(bytes);
        for (CpuValues each : values.values()) {
            relay(each, owner.memory().allocate(bytes), next, nextStorage);
        }
        plan = nextPlan;
        storage = nextStorage;
        generation++;
    }

    private Storage storageOf(@Nullable SparsityPattern next) {
        if (next == null) {
            return Storage.DENSE;
        }
        boolean masked = rows == 1 || next.density() > maskedDensity;
        return masked ? Storage.MASKED : Storage.PACKED;
    }

    /**
     * Room for the values of every role, so that either none moves or all do. Blocks of one size take turns: the first role
     * leaves the block that the second moves into.
     */
    private void reserve(long bytes) {
        boolean takeTurns = values.values().stream().allMatch(each -> each.data.byteSize() == Memory.sizeClass(bytes));
        owner.memory().reserve(bytes, takeTurns ? Math.min(1, values.size()) : values.size());
    }

    /** Moves the values of one role from the present pattern and storage to the next. */
    private void relay(CpuValues each, MemorySegment to, @Nullable SparsityPattern next, Storage nextStorage) {
        MemorySegment from = each.data;
        SparsityPattern last = storage == Storage.PACKED ? pattern() : null;
        for (int row = 0; row < rows; row++) {
            int position = next == null ? 0 : next.rowStart(row);
            int end = next == null ? cols : next.rowEnd(row);
            int source = last == null ? 0 : last.rowStart(row);
            for (; position < end; position++) {
                int col = next == null ? position : next.col(position);
                long target = nextStorage == Storage.PACKED ? position : (long) row * cols + col;
                if (last == null) {
                    copy(from, (long) row * cols + col, to, target);
                    continue;
                }
                while (source < last.rowEnd(row) && last.col(source) < col) {
                    source++;
                }
                if (source < last.rowEnd(row) && last.col(source) == col) {
                    copy(from, source, to, target);
                }
            }
        }
        each.data = to;
        owner.memory().release(from);
    }

    private static void copy(MemorySegment from, long source, MemorySegment to, long target) {
        to.setAtIndex(ValueLayout.JAVA_FLOAT, target, from.getAtIndex(ValueLayout.JAVA_FLOAT, source));
    }

    /** Copies the logical values, nnz floats in canonical order, out of or into storage. */
    void copyLogical(MemorySegment stored, MemorySegment host, boolean toHost) {
        SparsityPattern in = pattern();
        if (storage != Storage.MASKED || in == null) {
            MemorySegment.copy(toHost ? stored : host, 0, toHost ? host : stored, 0, count() * Float.BYTES);
            return;
        }
        ValueLayout.OfFloat layout = ValueLayout.JAVA_FLOAT_UNALIGNED;
        for (int row = 0; row < rows; row++) {
            for (int p = in.rowStart(row); p < in.rowEnd(row); p++) {
                long at = (long) row * cols + in.col(p);
                if (toHost) {
                    host.setAtIndex(layout, p, stored.getAtIndex(layout, at));
                } else {
                    stored.setAtIndex(layout, at, host.getAtIndex(layout, p));
                }
            }
        }
    }

    private static long bytes(long floats) {
        return (floats + 15) / 16 * 16 * Float.BYTES;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int cols() {
        return cols;
    }

    @Override
    public @Nullable SparsityPattern pattern() {
        PatternPlan known = plan;
        return known == null ? null : known.pattern;
    }

    @Override
    public long nnz() {
        PatternPlan known = plan;
        return known == null ? size() : known.pattern.nnz();
    }

    @Override
    public long generation() {
        return generation;
    }

    @Override
    public boolean has(Role role) {
        return values.containsKey(role);
    }

    @Override
    public long valueBytes() {
        return values.values().stream().mapToLong(each -> each.data.byteSize()).sum();
    }

    @Override
    public long planBytes() {
        PatternPlan known = plan;
        return known == null ? 0 : known.sizeBytes();
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "%d x %d, %s, density %.4f, %d values",
                rows,
                cols,
                storage,
                (double) nnz() / size(),
                nnz());
    }

    @Override
    public Object owner() {
        return owner;
    }
}
