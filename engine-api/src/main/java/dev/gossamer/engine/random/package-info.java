/** The counter-based generator that every backend draws from. */
@NullMarked
package dev.gossamer.engine.random;

import org.jspecify.annotations.NullMarked;
