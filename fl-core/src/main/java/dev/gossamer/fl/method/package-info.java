/** Federated methods, one file for each published one. */
@NullMarked
package dev.gossamer.fl.method;

import org.jspecify.annotations.NullMarked;
