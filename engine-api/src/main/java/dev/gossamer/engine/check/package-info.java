/** The one place where the arguments of every backend's operations are checked. */
@NullMarked
package dev.gossamer.engine.check;

import org.jspecify.annotations.NullMarked;
