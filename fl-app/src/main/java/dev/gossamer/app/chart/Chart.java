package dev.gossamer.app.chart;

import dev.gossamer.fl.data.FileReason;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A titled picture of numbers. The same numbers give the same pixels on every machine. */
public abstract class Chart {

    /** Width of pictures, and of pages on screens, in pixels of CSS. */
    static final int WIDE = 720;

    /** Width of pages on phones. */
    static final int NARROW = 360;

    private static final double MARGIN = 12;
    private static final double TITLE_SIZE = 16;
    private static final int TITLE_HEIGHT = 40;

    private final String title;

    Chart(String title) {
        this.title = title;
    }

    public final String title() {
        return title;
    }

    /** How high it is below the title, in pixels of CSS, on a canvas of this width. */
    abstract int height(double width);

    /** What curves are over; empty for charts without. */
    String abscissa() {
        return "";
    }

    /**
     * Draws all but the title.
     *
     * @param top the first free ordinate
     */
    abstract void draw(Canvas canvas, double top);

    /**
     * The chart without its title as elements of SVG for a page of HTML: once for screens and once for phones, in classes
     * {@code wide} and {@code narrow}, of which the page's style sheet shows one.
     */
    public final String svg() {
        return svg(WIDE, "wide") + svg(NARROW, "narrow");
    }

    private String svg(int width, String kind) {
        Svg svg = new Svg(width, height(width), kind, title, abscissa());
        draw(svg, 0);
        return svg.toString();
    }

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
            throw new UncheckedIOException(file + ": cannot be written: " + FileReason.of(e), e);
        }
    }

    final Raster raster() {
        Raster raster = new Raster(WIDE, TITLE_HEIGHT + height(WIDE));
        String shown = raster.fitted(title, TITLE_SIZE, WIDE - 2 * MARGIN);
        raster.text(shown, MARGIN, MARGIN + TITLE_SIZE, TITLE_SIZE, true, Anchor.START, false, Ink.TEXT);
        draw(raster, TITLE_HEIGHT);
        return raster;
    }
}
