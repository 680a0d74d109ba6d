package dev.gossamer.fl.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** The sites on the class path. */
public final class Sites {

    /** The name of no site: clients on threads of this process. */
    public static final String LOCAL = "local";

    private Sites() {}

    /**
     * Opens a site; the caller closes it.
     *
     * @param name of its provider
     * @throws ConfigException if there is none of this name, or as {@link SiteProvider#open}
     */
    public static Site open(String name, Map<String, String> settings) {
        List<String> known = new ArrayList<>(List.of(LOCAL));
        for (SiteProvider provider : ServiceLoader.load(SiteProvider.class, Sites.class.getClassLoader())) {
            if (provider.name().equals(name)) {
                return provider.open(settings);
            }
            known.add(provider.name());
        }
        throw new ConfigException("Unknown runner '" + name + "'. On the class path: " + String.join(", ", known)
                + ". The runner spark is in a jar of its own, fl-spark/target/gossamer-spark.jar, which the launcher"
                + " ./gossamer takes for `train --runner spark`");
    }
}
