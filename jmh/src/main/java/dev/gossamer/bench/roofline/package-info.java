/** What the machine allows at most: multiply-adds and bytes read in a second. The one place outside the backend for the Vector API. */
@NullMarked
package dev.gossamer.bench.roofline;

import org.jspecify.annotations.NullMarked;
