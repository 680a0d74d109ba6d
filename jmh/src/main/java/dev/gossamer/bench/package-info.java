/** JMH benchmarks of operations, layers and training steps. */
@NullMarked
package dev.gossamer.bench;

import org.jspecify.annotations.NullMarked;
