/** Results of benchmarks: their files, how two are compared, and the page that shows them. */
@NullMarked
package dev.gossamer.bench.results;

import org.jspecify.annotations.NullMarked;
