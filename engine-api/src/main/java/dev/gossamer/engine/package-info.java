/** The engine API: backends, workspaces, tensors, parameters, products. */
@NullMarked
package dev.gossamer.engine;

import org.jspecify.annotations.NullMarked;
