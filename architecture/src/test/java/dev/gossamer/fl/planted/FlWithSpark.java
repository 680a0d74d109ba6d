package dev.gossamer.fl.planted;

import org.apache.spark.SparkConf;

/** Breaks a rule on purpose: fl-core knows a cluster. */
public final class FlWithSpark {

    private FlWithSpark() {}

    /** Names the forbidden type. */
    public static int hash(SparkConf forbidden) {
        return forbidden.hashCode();
    }
}
