/** Pages about runs: HTML that stands alone, and its pictures. */
@NullMarked
package dev.gossamer.app.report;

import org.jspecify.annotations.NullMarked;
