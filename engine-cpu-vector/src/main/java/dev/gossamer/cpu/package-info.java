/** The backend {@code cpu-vector}, on the Vector API. */
@NullMarked
package dev.gossamer.cpu;

import org.jspecify.annotations.NullMarked;
