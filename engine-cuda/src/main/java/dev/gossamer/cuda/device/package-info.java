/** The GPU as objects that own what they hold: device, streams, buffers, kernels, cuBLAS and cuSPARSE. Calls JCuda. */
@NullMarked
package dev.gossamer.cuda.device;

import org.jspecify.annotations.NullMarked;
