/** Protocol buffers, as far as files of other programs need them. */
@NullMarked
package dev.gossamer.fl.proto;

import org.jspecify.annotations.NullMarked;
