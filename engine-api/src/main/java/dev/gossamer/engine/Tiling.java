package dev.gossamer.engine;

/**
 * How the planes of images are cut into tiles of one size, each a column of a batch of its own: tile {@code (i, j)} of image
 * {@code n} is column {@code (n·rows + i)·cols + j}. So a batch that is too small for the vectors of a device becomes one that
 * fills them, and layers that act on each position by itself work on tiles as they do on images.
 *
 * @param rows tiles below each other, at least 1
 * @param cols tiles side by side, at least 1
 */
public record Tiling(int rows, int cols) {

    /** An image is one tile. */
    public static final Tiling WHOLE = new Tiling(1, 1);

    public Tiling {
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException(
                    "A tiling needs at least one row and one column, got " + rows + "x" + cols);
        }
    }

    /** The most tiles, at most {@code tiles}, as square as powers of two make them. */
    public static Tiling ofAtMost(int tiles) {
        int doublings = 31 - Integer.numberOfLeadingZeros(Math.max(1, tiles));
        return new Tiling(1 << ((doublings + 1) / 2), 1 << (doublings / 2));
    }

    /** Tiles of an image. */
    public int count() {
        return rows * cols;
    }

    public boolean isWhole() {
        return count() == 1;
    }

    /** Half as many rows, or half as many columns, whichever are more. */
    public Tiling coarser() {
        return rows > cols ? new Tiling(Math.ceilDiv(rows, 2), cols) : new Tiling(rows, Math.ceilDiv(cols, 2));
    }

    /** Whether the tiles of a plane of that shape have one size. */
    public boolean divides(Shape image) {
        return image.height() % rows == 0 && image.width() % cols == 0;
    }

    /**
     * A tile of an image, or all tiles of a batch of them.
     *
     * @param overlap rows and columns more on each side
     * @throws IllegalArgumentException if the image cannot be cut like that
     */
    public Shape tiles(Shape images, int overlap) {
        if (!divides(images) || overlap < 0) {
            throw new IllegalArgumentException(
                    images + " cannot be cut into " + rows + "x" + cols + " tiles with an overlap of " + overlap);
        }
        return new Shape(
                images.channels(),
                images.height() / rows + 2 * overlap,
                images.width() / cols + 2 * overlap,
                images.batch() * count());
    }

    /**
     * The images of tiles without overlap.
     *
     * @throws IllegalArgumentException if there is a part of an image only
     */
    public Shape images(Shape tiles) {
        if (tiles.batch() % count() != 0) {
            throw new IllegalArgumentException(
                    "A batch of " + tiles.batch() + " tiles is no number of images of " + rows + "x" + cols + " tiles");
        }
        return new Shape(tiles.channels(), tiles.height() * rows, tiles.width() * cols, tiles.batch() / count());
    }

    /** Whether {@code out} is {@code to.tiles(images(in), overlap)}, without making a shape. */
    public boolean makes(Shape in, Tiling to, int overlap, Shape out) {
        int images = in.batch() / count();
        return in.batch() == images * count()
                && overlap >= 0
                && out.channels() == in.channels()
                && (out.height() - 2 * overlap) * to.rows == in.height() * rows
                && (out.width() - 2 * overlap) * to.cols == in.width() * cols
                && out.batch() == images * to.count();
    }

    @Override
    public String toString() {
        return rows + "x" + cols + " tiles";
    }
}
