/** Starts a jar of Gossamer on JDK 25 with the flags that it needs. */
@NullMarked
package dev.gossamer.boot;

import org.jspecify.annotations.NullMarked;
