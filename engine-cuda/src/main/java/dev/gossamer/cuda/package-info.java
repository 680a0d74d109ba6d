/** The backend {@code cuda}, on NVIDIA GPUs. */
@NullMarked
package dev.gossamer.cuda;

import org.jspecify.annotations.NullMarked;
