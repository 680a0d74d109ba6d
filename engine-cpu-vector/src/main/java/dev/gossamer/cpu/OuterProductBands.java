package dev.gossamer.cpu;

import dev.gossamer.engine.Geometry;

/**
 * How the input rows of an {@link OuterProductGradient} are cut into bands, and where the taps of an input position lead to: a
 * grid of output positions, those beside the plane included.
 *
 * <p>An input position is of one of {@code stride²} kinds. Those of a kind have the same taps; the last of them leads to the
 * first of the rows and columns that they lead to.
 */
final class OuterProductBands {

    private final Geometry geometry;
    private final int kernelHeight;
    private final int kernelWidth;
    private final int stride;
    private final int padding;
    private final int firstCol;
    private final int cols;
    private final int rows;
    private final int gridRows;

    /**
     * @param room bytes that the grid of a band may take, as long as that is more than a row
     * @param positionBytes bytes of a position
     */
    OuterProductBands(Geometry geometry, long room, int positionBytes) {
        this.geometry = geometry;
        this.kernelHeight = geometry.kernelHeight();
        this.kernelWidth = geometry.kernelWidth();
        this.stride = geometry.stride();
        this.padding = geometry.padding();
        this.firstCol = Math.floorDiv(padding - (kernelWidth - 1), stride);
        this.cols = (geometry.inWidth() - 1 + padding) / stride - firstCol + 1;
        int most = stride;
        while (most < geometry.inHeight() && (long) gridRows(most + stride) * cols * positionBytes <= room) {
            most += stride;
        }
        this.rows = most;
        this.gridRows = gridRows(most);
    }

    private int gridRows(int inputRows) {
        return (inputRows - 1 + padding) / stride - firstRow(0) + 1;
    }

    /** Input rows of a band, a multiple of the stride; the last band may have fewer. */
    int rows() {
        return rows;
    }

    int bands() {
        return (geometry.inHeight() + rows - 1) / rows;
    }

    /** Rows of a band's grid. */
    int gridRows() {
        return gridRows;
    }

    /** Columns of the grid. */
    int cols() {
        return cols;
    }

    /** The output row that a band's grid begins with; may lie above the plane. */
    int firstRow(int band) {
        return Math.floorDiv(band * rows + padding - (kernelHeight - 1), stride);
    }

    /** The output column that the grid begins with; may lie before the plane. */
    int firstCol() {
        return firstCol;
    }

    int kinds() {
        return stride * stride;
    }

    /** The kind of an input position; where a kernel is narrower than its stride, some have no taps. */
    int kind(int y, int x) {
        return (y + padding) % stride * stride + (x + padding) % stride;
    }

    /** Rows of the kernel that a kind's taps are in. */
    int tapRows(int kind) {
        return count(kind / stride, kernelHeight);
    }

    int tapCols(int kind) {
        return count(kind % stride, kernelWidth);
    }

    private int count(int residue, int kernel) {
        return residue < kernel ? (kernel - 1 - residue) / stride + 1 : 0;
    }

    private int last(int residue, int kernel) {
        return residue + (count(residue, kernel) - 1) * stride;
    }

    /** Number of a kind's last tap in the kernel. */
    int lastTap(int kind) {
        return last(kind / stride, kernelHeight) * kernelWidth + last(kind % stride, kernelWidth);
    }

    /** Taps from one to that which leads a row further down, a negative number. */
    int down() {
        return -stride * kernelWidth;
    }

    /** Taps from one to that which leads a column further right. */
    int across() {
        return -stride;
    }

    /** The number in the grid of what the last tap of a position of the first band leads to. */
    int target(int y, int x) {
        int row = Math.floorDiv(y + padding - last((y + padding) % stride, kernelHeight), stride) - firstRow(0);
        int col = Math.floorDiv(x + padding - last((x + padding) % stride, kernelWidth), stride) - firstCol;
        return row * cols + col;
    }
}
