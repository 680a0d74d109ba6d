package dev.gossamer.app.report;

import dev.gossamer.app.chart.Chart;

/**
 * A chart of a page.
 *
 * @param name of its picture's file, without the end
 * @param caption what is to be seen, in a sentence or two
 */
record Plot(String name, Chart chart, String caption) {}
