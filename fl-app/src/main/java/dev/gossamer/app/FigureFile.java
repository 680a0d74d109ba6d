package dev.gossamer.app;

import dev.gossamer.app.chart.LineChart;
import dev.gossamer.fl.reproduce.Figure;
import java.nio.file.Path;

/** Draws the figures of reproductions. */
final class FigureFile {

    private FigureFile() {}

    static void write(Figure figure, Path file) {
        LineChart chart = new LineChart(figure.title(), figure.xAxis(), figure.yAxis());
        if (figure.logX()) {
            chart.logX();
        }
        if (figure.logY()) {
            chart.logY();
        }
        figure.series().forEach(line -> chart.add(line.name(), line.x(), line.y(), line.deviation()));
        chart.writePng(file);
    }
}
