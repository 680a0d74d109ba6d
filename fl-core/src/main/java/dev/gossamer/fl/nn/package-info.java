/** Layers, models and parameters over the engine API. */
@NullMarked
package dev.gossamer.fl.nn;

import org.jspecify.annotations.NullMarked;
