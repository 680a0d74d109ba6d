/** What "correct" means, in a form that any backend can be held against: comparison, cases, guards, structure. */
@NullMarked
package dev.gossamer.testkit;

import org.jspecify.annotations.NullMarked;
