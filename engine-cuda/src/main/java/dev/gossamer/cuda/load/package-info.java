/** Finds and loads CUDA and JCuda, and says what is missing. Native libraries are loaded by this package only. */
@NullMarked
package dev.gossamer.cuda.load;

import org.jspecify.annotations.NullMarked;
