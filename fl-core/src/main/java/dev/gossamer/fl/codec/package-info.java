/** The model between rounds, and what is really sent for it: bytes, counted where they are sent. */
@NullMarked
package dev.gossamer.fl.codec;

import org.jspecify.annotations.NullMarked;
