package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An index space whose values are packed arrays in canonical order. */
final class ReferenceSpace implements Space {

    private final ReferenceWorkspace owner;
    private final int rows;
    private final int cols;
    private final Map<Role, ReferenceValues> values = new EnumMap<>(Role.class);
    private @Nullable SparsityPattern pattern;
    private @Nullable SparsityPattern full;
    private long generation;

    ReferenceSpace(ReferenceWorkspace owner, int rows, int cols) {
        this.owner = owner;
        this.rows = rows;
        this.cols = cols;
    }

    @Override
    public Object owner() {
        return owner;
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
        return pattern;
    }

    /** The pattern, a full one while the space is dense. */
    SparsityPattern entries() {
        if (pattern != null) {
            return pattern;
        }
        if (full == null) {
            full = SparsityPattern.full(rows, cols);
        }
        return full;
    }

    @Override
    public long nnz() {
        return pattern == null ? size() : pattern.nnz();
    }

    @Override
    public long generation() {
        return generation;
    }

    @Override
    public boolean has(Role role) {
        return values.containsKey(role);
    }

    ReferenceValues values(Role role) {
        return values.computeIfAbsent(role, r -> new ReferenceValues(this, r));
    }

    /** Entries in both patterns keep their numbers, new ones are 0. */
    void repattern(@Nullable SparsityPattern next) {
        if (Objects.equals(pattern, next)) {
            return;
        }
        SparsityPattern before = entries();
        pattern = next;
        generation++;
        int[] source = entries().positionsIn(before);
        for (ReferenceValues of : values.values()) {
            float[] old = of.numbers();
            float[] moved = new float[source.length];
            for (int p = 0; p < moved.length; p++) {
                moved[p] = source[p] < 0 ? 0 : old[source[p]];
            }
            of.replace(moved);
        }
    }

    @Override
    public long valueBytes() {
        return values.size() * nnz() * Float.BYTES;
    }

    /** Only the full pattern, which stands for "dense" in the oracle's functions. */
    @Override
    public long planBytes() {
        return full == null ? 0 : full.sizeBytes();
    }

    @Override
    public String describe() {
        return (pattern == null ? "dense " + rows + "x" + cols : pattern.toString()) + ", packed f32, plain loops";
    }
}
