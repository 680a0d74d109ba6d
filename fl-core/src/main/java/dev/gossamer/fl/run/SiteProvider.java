package dev.gossamer.fl.run;

import java.util.Map;

/** Found by {@link java.util.ServiceLoader}. Loads anywhere, also where what the site runs on is missing. */
public interface SiteProvider {

    /** The value of {@code --runner} that chooses it. */
    String name();

    /**
     * Opens the site; the caller closes it.
     *
     * @param settings of the site's own
     * @throws ConfigException naming what is missing, or who cannot be reached, and the remedy
     */
    Site open(Map<String, String> settings);
}
