/** How sparse a model is, and when. */
@NullMarked
package dev.gossamer.fl.sparsity;

import org.jspecify.annotations.NullMarked;
