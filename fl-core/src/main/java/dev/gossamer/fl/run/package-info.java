/** A run of a federated experiment, what it counts and what it leaves behind. */
@NullMarked
package dev.gossamer.fl.run;

import org.jspecify.annotations.NullMarked;
