package dev.gossamer.fl.reproduce;

import java.util.List;

/**
 * Lines to be drawn.
 *
 * @param file name, without extension
 * @param logX whether the horizontal axis is logarithmic
 * @param logY whether the vertical axis is logarithmic
 */
public record Figure(
        String file, String title, String xAxis, String yAxis, boolean logX, boolean logY, List<Series> series) {

    /**
     * One line.
     *
     * @param x ascending
     * @param y as long as x
     * @param deviation standard deviations of y over seeds, as long as x; 0 where there is one seed
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Series(String name, double[] x, double[] y, double[] deviation) {}
}
