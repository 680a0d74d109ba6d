/** One contract per op family. A backend passes by subclassing each with the few lines that open it. */
@NullMarked
package dev.gossamer.testkit.contract;

import org.jspecify.annotations.NullMarked;
