package dev.gossamer.cuda;

import dev.gossamer.cuda.device.CudaDevice;
import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.cuda.device.Stream;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plans by pattern digest, kept while a space uses them: ten clients with equal masks analyse once. Their memory belongs to a
 * stream of the cache's own, as it outlives the workspace that happened to ask first; what is uploaded is there before any
 * other stream hears of it.
 */
final class PlanCache implements AutoCloseable {

    private final CudaDevice device;
    private final Map<String, PatternPlan> plans = new HashMap<>();
    private @Nullable Stream stream;

    PlanCache(CudaDevice device) {
        this.device = device;
    }

    /** The plan of a pattern, for one more space. */
    synchronized PatternPlan acquire(SparsityPattern pattern) {
        PatternPlan plan = plans.computeIfAbsent(pattern.digest(), digest -> new PatternPlan(pattern, this));
        plan.users++;
        return plan;
    }

    /** One space less uses it. The device must be done with what that space issued. */
    synchronized void release(PatternPlan plan) {
        plan.users--;
        if (plan.users == 0) {
            plans.remove(plan.pattern().digest());
            plan.free();
        }
    }

    /**
     * Numbers on the device, ready for any stream. Called under this cache's lock.
     *
     * @param use what they are, as an error names it
     */
    DeviceBuffer upload(int[] numbers, String use) {
        Stream uploads = stream;
        if (uploads == null) {
            uploads = device.stream();
            stream = uploads;
        }
        DeviceBuffer made = uploads.allocate((long) numbers.length * Integer.BYTES, use);
        try {
            uploads.upload(MemorySegment.ofArray(numbers), made, made.sizeBytes());
            uploads.sync();
            return made;
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
    }

    @Override
    public synchronized void close() {
        plans.values().forEach(PatternPlan::free);
        plans.clear();
        if (stream != null) {
            stream.close();
            stream = null;
        }
    }
}
