/** One contract class per group of operations, run on every backend. */
@NullMarked
package dev.gossamer.testkit.contract;

import org.jspecify.annotations.NullMarked;
