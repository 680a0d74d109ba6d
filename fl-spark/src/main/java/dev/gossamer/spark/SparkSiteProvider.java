package dev.gossamer.spark;

import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.SiteProvider;
import java.util.Map;

/**
 * The runner {@code spark}. No type of Spark's is named here, so that it loads, and can say what is missing, where there is none.
 */
public final class SparkSiteProvider implements SiteProvider {

    /** The release that this was built and tested with. */
    static final String RELEASE = "4.2";

    private static final String REMEDY = "Set SPARK_HOME to a Spark " + RELEASE
            + " distribution and start with ./gossamer, which fetches the jars of one where it is not set; or submit"
            + " gossamer-spark.jar with that distribution's spark-submit";

    @Override
    public String name() {
        return "spark";
    }

    @Override
    public Site open(Map<String, String> settings) {
        try {
            Class.forName("org.apache.spark.SparkContext");
        } catch (ClassNotFoundException e) {
            throw new ConfigException("Runner spark: there is no Spark on the class path. " + REMEDY, e);
        }
        return SparkSite.open(settings);
    }

    /**
     * Refuses a release of Spark that this was not built with.
     *
     * @param version as Spark tells it
     * @param place where its jar is
     */
    static void requireRelease(String version, String place) {
        if (!version.equals(RELEASE) && !version.startsWith(RELEASE + ".")) {
            throw new ConfigException("Runner spark: this is for Spark " + RELEASE + ", but " + place + " has Spark "
                    + version + ". " + REMEDY);
        }
    }
}
