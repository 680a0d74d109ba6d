/**
 * Charts as PNG and as SVG, from one layout. They need no module but java.base: AWT, and with it every chart library, needs
 * fontconfig and font files, which minimal containers lack, and 6.5 MB of the archive.
 */
@NullMarked
package dev.gossamer.app.chart;

import org.jspecify.annotations.NullMarked;
