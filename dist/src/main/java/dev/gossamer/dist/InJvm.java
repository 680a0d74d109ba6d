package dev.gossamer.dist;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs a test class in this JVM and counts. */
final class InJvm {

    private InJvm() {}

    static ClassResult run(String name) {
        Count count = new Count();
        long start = System.nanoTime();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(name))
                                .build(),
                        count);
        double seconds = (System.nanoTime() - start) / 1e9;
        return new ClassResult(
                name, count.passed, count.failures.size(), count.skipped, seconds, count.failures, count.skips);
    }

    /** A container that fails, or is skipped, counts as one test: a class whose set-up throws must not pass as empty. */
    private static final class Count implements TestExecutionListener {

        private final Deque<TestPlan> plan = new ArrayDeque<>();
        private final List<String> failures = new ArrayList<>();
        private final Map<String, Integer> skips = new TreeMap<>();
        private int passed;
        private int skipped;

        @Override
        public void testPlanExecutionStarted(TestPlan started) {
            plan.push(started);
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            skip(test, reason);
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            Throwable thrown = result.getThrowable().orElse(null);
            if (result.getStatus() == Status.ABORTED) {
                skip(test, thrown == null ? "no reason given" : String.valueOf(thrown.getMessage()));
            } else if (result.getStatus() == Status.FAILED) {
                failures.add(test.getDisplayName() + ": " + thrown);
                if (thrown != null) {
                    thrown.printStackTrace();
                }
            } else if (test.isTest()) {
                passed++;
            }
        }

        private void skip(TestIdentifier test, String reason) {
            int tests = test.isTest()
                    ? 1
                    : Math.toIntExact(plan.element().getDescendants(test).stream()
                            .filter(TestIdentifier::isTest)
                            .count());
            skipped += Math.max(1, tests);
            skips.merge(reason, Math.max(1, tests), Integer::sum);
        }
    }
}
