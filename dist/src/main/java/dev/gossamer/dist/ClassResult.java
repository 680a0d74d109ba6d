package dev.gossamer.dist;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one test class came to.
 *
 * @param name of the class
 * @param failures a line for each failed test: its name and its message
 * @param skips how many tests were skipped, by reason
 */
record ClassResult(
        String name,
        int passed,
        int failed,
        int skipped,
        double seconds,
        List<String> failures,
        Map<String, Integer> skips) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The result of a class whose JVM did not come to an end of its own. */
    static ClassResult lost(String name, double seconds, String why) {
        return new ClassResult(name, 0, 1, 0, seconds, List.of(why), Map.of());
    }

    static ClassResult total(List<ClassResult> all) {
        int passed = 0;
        int failed = 0;
        int skipped = 0;
        double seconds = 0;
        List<String> failures = new ArrayList<>();
        Map<String, Integer> skips = new TreeMap<>();
        for (ClassResult one : all) {
            passed += one.passed;
            failed += one.failed;
            skipped += one.skipped;
            seconds += one.seconds;
            failures.addAll(one.failures);
            one.skips.forEach((reason, count) -> skips.merge(reason, count, Integer::sum));
        }
        return new ClassResult("", passed, failed, skipped, seconds, failures, skips);
    }

    static ClassResult parse(String json) {
        return JSON.readValue(json, ClassResult.class);
    }

    String json() {
        return JSON.writeValueAsString(this);
    }

    String line() {
        return String.format(
                Locale.ROOT, "%5d passed %3d failed %3d skipped %6.1f s  %s", passed, failed, skipped, seconds, name);
    }
}
