package dev.gossamer.dist;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Names of suites, and the test classes behind them. That of cuda is one package, without its sub-packages: their tests ask
 * for compilers and for the sources, which the archive has not.
 */
final class Suites {

    private static final Map<String, String> PACKAGES = packages();

    static final List<String> NAMES = List.copyOf(PACKAGES.keySet());

    private Suites() {}

    private static Map<String, String> packages() {
        Map<String, String> packages = new LinkedHashMap<>();
        packages.put("reference", "dev.gossamer.testkit");
        packages.put("cpu-vector", "dev.gossamer.cpu");
        packages.put("cuda", "dev.gossamer.cuda");
        packages.put("fl-core", "dev.gossamer.fl");
        return packages;
    }

    /**
     * The test classes of the suites, in order of the suites and then of the names, each once.
     *
     * @throws IllegalArgumentException a name is neither a suite's nor a test class's
     */
    static List<String> classes(List<String> suites) {
        List<String> classes = new ArrayList<>();
        for (String suite : suites) {
            String packageName = PACKAGES.get(suite);
            Set<String> found = packageName == null ? named(suite) : inSuite(packageName, suite.equals("cuda"));
            if (found.isEmpty()) {
                throw new IllegalArgumentException("no suite and no test class is called " + suite + "; suites are "
                        + String.join(", ", NAMES) + ", and --list " + NAMES.getFirst() + " shows the classes of one");
            }
            found.stream().filter(name -> !classes.contains(name)).forEach(classes::add);
        }
        return classes;
    }

    private static Set<String> inSuite(String packageName, boolean alone) {
        Set<String> found = inPackage(packageName);
        if (alone) {
            found.removeIf(name -> name.lastIndexOf('.') != packageName.length());
        }
        return found;
    }

    private static Set<String> named(String name) {
        Set<String> found = inPackage("dev.gossamer");
        found.removeIf(candidate -> !candidate.equals(name) && !candidate.endsWith("." + name));
        return found;
    }

    private static Set<String> inPackage(String name) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectPackage(name))
                .filters(ClassNameFilter.includeClassNamePatterns(".*Test"))
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
