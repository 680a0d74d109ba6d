/**
 * Published tables and figures, measured again: grids of experiments, the cells of such a grid that are done and kept, and what
 * is made of them.
 */
@NullMarked
package dev.gossamer.fl.reproduce;

import org.jspecify.annotations.NullMarked;
