/** What the self-contained archive adds to the modules: a runner for the tests in it. */
@NullMarked
package dev.gossamer.dist;

import org.jspecify.annotations.NullMarked;
