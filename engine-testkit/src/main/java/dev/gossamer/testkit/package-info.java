/** Comparison, seeded cases and guard words for tests of backends. */
@NullMarked
package dev.gossamer.testkit;

import org.jspecify.annotations.NullMarked;
