/** The operations of a workspace, grouped by what they are for. */
@NullMarked
package dev.gossamer.engine.ops;

import org.jspecify.annotations.NullMarked;
