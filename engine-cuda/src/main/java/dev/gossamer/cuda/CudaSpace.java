package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.cuda.device.Perishable;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A parameter's index space and how its values are stored. Whatever the storage, values are one flat array of {@link #count}
 * floats, so that optimisers are plain loops:
 *
 * <ul>
 *   <li>DENSE: rows x cols, no pattern;
 *   <li>MASKED: rows x cols, +0.0 outside the pattern; cuBLAS or tiles multiply it, faster than packed at high density; for vectors;
 *   <li>PACKED: the nnz values in canonical order.
 * </ul>
 */
final class CudaSpace implements Space {

    enum Storage {
        DENSE,
        MASKED,
        PACKED
    }

    private final CudaWorkspace owner;
    private final int rows;
    private final int cols;
    private final double maskedDensity;
    private final Map<Role, CudaValues> values = new EnumMap<>(Role.class);
    private Form form = new Form(null, Storage.DENSE);
    private long generation;

    /** Pattern and storage, from one change of the pattern to the next: what an op issues depends on nothing else here. */
    private static final class Form implements Perishable {

        final @Nullable PatternPlan plan;
        final Storage storage;
        private boolean gone;

        Form(@Nullable PatternPlan plan, Storage storage) {
            this.plan = plan;
            this.storage = storage;
        }

        @Override
        public boolean isGone() {
            return gone;
        }
    }

    /** Patterns of a higher density than the last are stored dense-masked. */
    CudaSpace(CudaWorkspace owner, int rows, int cols, double maskedDensity) {
        this.owner = owner;
        this.rows = rows;
        this.cols = cols;
        this.maskedDensity = maskedDensity;
    }

    /** Whoever asks relies on it: a step that is captured, until the form is gone. */
    private Form form() {
        owner.stream().uses(form);
        return form;
    }

    private void become(Form next) {
        form.gone = true;
        form = next;
    }

    CudaValues values(Role role) {
        CudaValues known = values.get(role);
        if (known == null) {
            known = new CudaValues(this, role, owner.allocateZeroed(count() * Float.BYTES, use(role)));
            values.put(role, known);
        }
        return known;
    }

    private String use(Role role) {
        return rows + "x" + cols + " weights (" + role + ")";
    }

    /** Floats stored per role. */
    long count() {
        Form now = form();
        return floats(now.plan, now.storage);
    }

    Storage storage() {
        return form().storage;
    }

    /** The plan of the pattern; only where there is one. */
    PatternPlan plan() {
        PatternPlan known = form().plan;
        if (known == null) {
            throw new IllegalStateException("A dense space has no pattern plan");
        }
        return known;
    }

    /** The address of the pattern's bits where values are stored dense-masked, else the null pointer. */
    long maskBits() {
        return storage() == Storage.MASKED ? plan().bits().address() : 0;
    }

    void repattern(@Nullable SparsityPattern next) {
        PatternPlan last = form.plan;
        if (Objects.equals(pattern(), next)) {
            return;
        }
        PatternPlan nextPlan = next == null ? null : owner.plans().acquire(next);
        Storage nextStorage = storageOf(next);
        Map<CudaValues, DeviceBuffer> moved = relayed(nextPlan, nextStorage);
        moved.forEach((each, to) -> {
            owner.release(each.data());
            each.data(to);
        });
        become(new Form(nextPlan, nextStorage));
        generation++;
        try {
            owner.settle();
        } finally {
            release(last);
        }
    }

    private Storage storageOf(@Nullable SparsityPattern next) {
        if (next == null) {
            return Storage.DENSE;
        }
        boolean masked = rows == 1 || next.density() > maskedDensity;
        return masked ? Storage.MASKED : Storage.PACKED;
    }

    /**
     * The values of every role, moved to the next pattern and storage. Where that fails, memory having run out, nothing has
     * changed: the space goes on with what it has.
     */
    private Map<CudaValues, DeviceBuffer> relayed(@Nullable PatternPlan nextPlan, Storage nextStorage) {
        Map<CudaValues, DeviceBuffer> moved = new LinkedHashMap<>();
        try {
            for (CudaValues each : values.values()) {
                DeviceBuffer to = owner.allocate(floats(nextPlan, nextStorage) * Float.BYTES, use(each.role()));
                moved.put(each, to);
                Relay.run(owner, rows, cols, form.plan, form.storage, nextPlan, nextStorage, each.data(), to);
            }
            return moved;
        } catch (RuntimeException e) {
            moved.values().forEach(owner::release);
            owner.stream().drain();
            release(nextPlan);
            throw e;
        }
    }

    private long floats(@Nullable PatternPlan ofPlan, Storage ofStorage) {
        return ofPlan != null && ofStorage == Storage.PACKED ? ofPlan.pattern().nnz() : size();
    }

    /** Gives a plan back, with which the GPU is done. */
    private void release(@Nullable PatternPlan last) {
        if (last != null) {
            owner.stream().forget(last.structures());
            owner.plans().release(last);
        }
    }

    /** Called by the workspace that dies with its spaces. */
    void close() {
        PatternPlan last = form.plan;
        become(new Form(null, Storage.DENSE));
        release(last);
    }

    /** nnz floats in canonical order to storage. */
    void upload(MemorySegment host, DeviceBuffer stored) {
        if (storage() != Storage.MASKED) {
            owner.stream().upload(host, stored, count() * Float.BYTES);
            return;
        }
        DeviceBuffer canonical = owner.scratch(CudaWorkspace.Scratch.VALUES, nnz() * Float.BYTES);
        owner.stream().upload(host, canonical, nnz() * Float.BYTES);
        Relay.unpack(owner, plan(), canonical.address(), stored);
    }

    /** nnz floats in canonical order from storage. Waits. */
    void download(DeviceBuffer stored, MemorySegment host) {
        if (storage() != Storage.MASKED) {
            owner.download(stored, host, count() * Float.BYTES);
            return;
        }
        DeviceBuffer canonical = owner.scratch(CudaWorkspace.Scratch.VALUES, nnz() * Float.BYTES);
        Relay.pack(owner, plan(), stored, canonical.address());
        owner.download(canonical, host, nnz() * Float.BYTES);
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
        PatternPlan known = form().plan;
        return known == null ? null : known.pattern();
    }

    @Override
    public long nnz() {
        PatternPlan known = form().plan;
        return known == null ? size() : known.pattern().nnz();
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
        return values.values().stream()
                .mapToLong(each -> each.data().sizeBytes())
                .sum();
    }

    @Override
    public long planBytes() {
        PatternPlan known = form().plan;
        return known == null ? 0 : known.sizeBytes();
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "%d x %d, %s, density %.4f, %d values",
                rows,
                cols,
                storage(),
                (double) nnz() / size(),
                nnz());
    }

    @Override
    public Object owner() {
        return owner;
    }
}
