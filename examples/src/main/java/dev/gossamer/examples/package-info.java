/** Programs that embed Gossamer: to be read, run and copied. */
@NullMarked
package dev.gossamer.examples;

import org.jspecify.annotations.NullMarked;
