/** Published data sets: where they are, how they are checked, downloaded and unpacked. */
@NullMarked
package dev.gossamer.fl.fetch;

import org.jspecify.annotations.NullMarked;
