/**
 * Sparse matrices on the host: the pattern that everything shares, the formats that are accepted and converted (CSR, CSC,
 * COO, dense), and the exact selection by magnitude. Plain Java without a backend; values are f32.
 */
@NullMarked
package dev.gossamer.engine.sparse;

import org.jspecify.annotations.NullMarked;
