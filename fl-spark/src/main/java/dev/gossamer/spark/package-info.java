/** The clients of a run on Apache Spark: what drives them, and what runs on executors. */
@NullMarked
package dev.gossamer.spark;

import org.jspecify.annotations.NullMarked;
