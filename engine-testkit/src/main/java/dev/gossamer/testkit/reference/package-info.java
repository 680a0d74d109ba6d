/**
 * The oracle, which is also the backend {@code reference}: plain loops that accumulate in double and round once.
 *
 * <p>Every op family is one file of static functions on arrays (dense matrices row-major, sparse ones as a
 * {@link dev.gossamer.engine.sparse.SparsityPattern} with its values in canonical order). Contracts call them directly; the
 * backend's {@code Reference*} classes only bring its operands to them. Slow and obvious on purpose: what these files say is
 * what "correct" means.
 */
@NullMarked
package dev.gossamer.testkit.reference;

import org.jspecify.annotations.NullMarked;
