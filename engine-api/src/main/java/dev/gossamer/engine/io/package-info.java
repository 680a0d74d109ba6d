/** Readers of the field's text formats for sparse matrices: Matrix Market and the Deep Learning Matrix Collection's smtx. */
@NullMarked
package dev.gossamer.engine.io;

import org.jspecify.annotations.NullMarked;
