package dev.gossamer.cpu;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;

/** Plans by pattern digest, kept while a space uses them: ten clients with equal masks analyse once. */
final class PlanCache {

    private final Map<String, WeakReference<PatternPlan>> plans = new HashMap<>();

    synchronized PatternPlan plan(SparsityPattern pattern) {
        WeakReference<PatternPlan> reference = plans.get(pattern.digest());
        PatternPlan known = reference == null ? null : reference.get();
        if (known == null) {
            plans.values().removeIf(old -> old.get() == null);
            known = new PatternPlan(pattern);
            plans.put(pattern.digest(), new WeakReference<>(known));
        }
        return known;
    }
}
