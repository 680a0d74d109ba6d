package dev.gossamer.dist;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;
import static org.junit.platform.launcher.TagFilter.excludeTags;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.platform.engine.Filter;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Names of suites, and the test classes behind them. That of cuda has the classes that run on a GPU: the others of that
 * package ask for compilers and for the sources, which the archive has not. Nor are tests in a suite that are tagged as wanting
 * a checkout: its files, or modules of Java that the archive's has not.
 */
final class Suites {

    private static final Map<String, String> PATTERNS = patterns();

    private static final String WANTS_CHECKOUT = "checkout";

    static final List<String> NAMES = List.copyOf(PATTERNS.keySet());

    private Suites() {}

    private static Map<String, String> patterns() {
        Map<String, String> patterns = new LinkedHashMap<>();
        patterns.put("reference", "dev\\.gossamer\\.testkit\\..*Test");
        patterns.put("cpu-vector", "dev\\.gossamer\\.cpu\\..*Test");
        patterns.put("cuda", "dev\\.gossamer\\.cuda\\.Cuda.*Test");
        patterns.put("fl-core", "dev\\.gossamer\\.fl\\..*Test");
        return patterns;
    }

    /**
     * The test classes of the suites, in order of the suites and then of the names, each once.
     *
     * @throws IllegalArgumentException a name is neither a suite's nor a test class's
     */
    static List<String> classes(List<String> suites) {
        List<String> classes = new ArrayList<>();
        for (String suite : suites) {
            String pattern = PATTERNS.get(suite);
            Set<String> found = pattern == null ? named(suite) : matching(pattern, excludeTags(WANTS_CHECKOUT));
            if (found.isEmpty()) {
                throw new IllegalArgumentException("no suite and no test class is called " + suite + "; suites are "
                        + String.join(", ", NAMES) + ", and --list " + NAMES.getFirst() + " shows the classes of one");
            }
            found.stream().filter(name -> !classes.contains(name)).forEach(classes::add);
        }
        return classes;
    }

    private static Set<String> named(String name) {
        return matching("dev\\.gossamer\\.(.*\\.)?" + Pattern.quote(name.replaceFirst("^dev\\.gossamer\\.", "")));
    }

    private static Set<String> matching(String pattern, Filter<?>... others) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectPackage("dev.gossamer"))
                .filters(
                        ClassNameFilter.includeClassNamePatterns(".*Test"),
                        ClassNameFilter.includeClassNamePatterns(pattern))
                .filters(others)
                .build();
        TestPlan plan = LauncherFactory.create().discover(request);
        Set<String> classes = new TreeSet<>();
        for (TestIdentifier engine : plan.getRoots()) {
            for (TestIdentifier top : plan.getChildren(engine)) {
                top.getSource()
                        .filter(ClassSource.class::isInstance)
                        .map(source -> ((ClassSource) source).getClassName())
                        .ifPresent(classes::add);
            }
        }
        return classes;
    }
}
