package dev.gossamer.app.chart;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A titled picture of numbers. The same numbers give the same pixels on every machine. */
public abstract class Chart {

    static final int WIDTH = 720;

    private static final double MARGIN = 12;
    private static final double TITLE_SIZE = 16;

    private final String title;

    Chart(String title) {
        this.title = title;
    }

    public final String title() {
        return title;
    }

    /** Its height in pixels of CSS; all are {@value #WIDTH} wide. */
    abstract int height();

    /**
     * Draws all but the title.
     *
     * @param top the first free ordinate
     */
    abstract void draw(Canvas canvas, double top);

    /**
     * Writes a PNG of twice as many pixels as CSS counts. The folder is made if there is none.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public final void writePng(Path file) {
        Raster raster = raster();
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
                raster.writePng(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        }
    }

    final Raster raster() {
        Raster raster = new Raster(WIDTH, height());
        double base = MARGIN + TITLE_SIZE;
        String shown = StrokeFont.fitted(title, TITLE_SIZE, WIDTH - 2 * MARGIN);
        raster.text(shown, MARGIN, base, TITLE_SIZE, true, Anchor.START, false, Ink.TEXT);
        draw(raster, base + MARGIN);
        return raster;
    }
}
