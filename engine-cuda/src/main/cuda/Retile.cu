// Images cut into other tiles, a thread for each number that is written: reads at most 4 bytes of it and writes 4. Neighbours of
// a batch are tiles of one image, whose reads lie apart.
#include "common.cuh"

// Fields in order are what Retile.java passes. A height and a width of tiles, without overlap.
struct TileGrid {
    int rows, cols, height, width;
};

extern "C" __global__ void retile_tiles(
    TileGrid from, TileGrid to, int overlap, int features, const float* x, int x_ld, float* y, int y_ld, int batch) {
    await_previous();
    FOR_EACH_INDEX(i, (i64)features * batch) {
        Place at = place(i, batch);
        Point in_tile = point_of(at.row, to.height + 2 * overlap, to.width + 2 * overlap);
        int image = at.at / (to.rows * to.cols);
        int tile = at.at - image * to.rows * to.cols;
        int line = tile / to.cols * to.height + in_tile.y - overlap;
        int column = tile % to.cols * to.width + in_tile.x - overlap;
        bool inside =
            line >= 0 && line < to.rows * to.height && column >= 0 && column < to.cols * to.width;
        float value = 0.0f;
        if (inside) {
            int source = (image * from.rows + line / from.height) * from.cols + column / from.width;
            int row = (in_tile.channel * from.height + line % from.height) * from.width + column % from.width;
            value = x[(i64)row * x_ld + source];
        }
        y[(i64)at.row * y_ld + at.at] = value;
    }
}
