/** The oracle in plain loops and double accumulation, also as the backend {@code reference}. */
@NullMarked
package dev.gossamer.testkit.reference;

import org.jspecify.annotations.NullMarked;
