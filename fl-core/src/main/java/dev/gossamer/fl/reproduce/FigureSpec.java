package dev.gossamer.fl.reproduce;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a figure shows.
 *
 * @param file its name, without extension; a figure of several panels has one file for each
 * @param title of the figure
 * @param x a setting, a point for each row; or {@code round}, {@code megabytes}, {@code communication}: a curve for each row
 * @param y a measure of the table, where x is a setting; else one of {@link RoundCurve}
 * @param series settings by which lines are told apart
 * @param panels a setting with a figure for each of its values, or none
 * @param where settings of the rows that are shown; all if there are none
 * @param logX whether the horizontal axis is logarithmic
 * @param logY whether the vertical axis is logarithmic
 */
record FigureSpec(
        String file,
        String title,
        String x,
        String y,
        List<String> series,
        @Nullable String panels,
        @Nullable Map<String, Object> where,
        boolean logX,
        boolean logY) {}
