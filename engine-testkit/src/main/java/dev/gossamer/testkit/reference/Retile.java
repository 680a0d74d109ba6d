package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tiling;

/** Tiles of images, by way of the images. */
public final class Retile {

    private Retile() {}

    /**
     * Tiles of {@code to}, row-major {@code [channels, height, width, batch]}.
     *
     * @param x tiles of {@code from}, of that shape
     */
    public static float[] of(Shape shape, Tiling from, float[] x, Tiling to, int overlap) {
        Shape images = from.images(shape);
        float[] whole = new float[Math.toIntExact(images.size())];
        visit(images, from, 0, (inImage, inTile) -> whole[inImage] = x[inTile]);
        float[] y = new float[Math.toIntExact(to.tiles(images, overlap).size())];
        visit(images, to, overlap, (inImage, inTile) -> y[inTile] = whole[inImage]);
        return y;
    }

    private interface Visitor {
        void at(int inImage, int inTile);
    }

    /** Every element of the tiles that lies within its image. */
    private static void visit(Shape images, Tiling tiling, int overlap, Visitor visitor) {
        Shape tiles = tiling.tiles(images, overlap);
        int high = images.height() / tiling.rows();
        int wide = images.width() / tiling.cols();
        for (int column = 0; column < tiles.batch(); column++) {
            int image = column / tiling.count();
            int top = column % tiling.count() / tiling.cols() * high - overlap;
            int left = column % tiling.cols() * wide - overlap;
            for (int feature = 0; feature < tiles.features(); feature++) {
                int channel = feature / (tiles.height() * tiles.width());
                int y = top + feature / tiles.width() % tiles.height();
                int x = left + feature % tiles.width();
                if (y >= 0 && y < images.height() && x >= 0 && x < images.width()) {
                    int row = (channel * images.height() + y) * images.width() + x;
                    visitor.at(row * images.batch() + image, feature * tiles.batch() + column);
                }
            }
        }
    }
}
