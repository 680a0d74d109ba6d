/** A run's numbers in formats that other programs read. */
@NullMarked
package dev.gossamer.fl.report;

import org.jspecify.annotations.NullMarked;
