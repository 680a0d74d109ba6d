/** Data sets as images in memory, their readers, and how samples are dealt to clients. */
@NullMarked
package dev.gossamer.fl.data;

import org.jspecify.annotations.NullMarked;
