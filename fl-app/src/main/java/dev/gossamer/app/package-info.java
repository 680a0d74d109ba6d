/** The command line. */
@NullMarked
package dev.gossamer.app;

import org.jspecify.annotations.NullMarked;
