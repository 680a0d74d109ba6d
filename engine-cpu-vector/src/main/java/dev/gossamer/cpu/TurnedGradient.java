package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Geometry;
import java.lang.foreign.MemorySegment;

/**
 * The grid of a band ({@link OuterProductBands}) of an output gradient, a block of output channels side by side: {@code
 * [row][column][image][output channel]}, zeros beside the plane.
 */
final class TurnedGradient {

    /** Numbers of a channel turned at a time: they and what becomes of them lie in the first-level cache. */
    private static final int PIECE = 64;

    private final Geometry geometry;
    private final int width;
    private final int bytes;

    private OuterProductBands bands;
    private CpuTensor gradient;
    private MemorySegment memory = MemorySegment.NULL;
    private long offset;
    private long at;
    private long positionBytes;
    private long rowBytes;

    /** @param width output channels of a block */
    @SuppressWarnings("NullAway.Init") // set before each run
    TurnedGradient(Geometry geometry, int width) {
        this.geometry = geometry;
        this.width = width;
        this.bytes = width * Float.BYTES;
    }

    /** Bytes of a grid. */
    static long bytes(OuterProductBands bands, int batchBlock, int width) {
        return (long) bands.gridRows() * bands.cols() * batchBlock * width * Float.BYTES;
    }

    /** Takes turns of a gradient, in memory from an offset on. */
    void of(CpuTensor gy, OuterProductBands of, MemorySegment room, long from) {
        gradient = gy;
        bands = of;
        memory = room;
        offset = from;
        at = Raw.address(room, from, bytes(of, gy.block, width));
        positionBytes = (long) gy.block * bytes;
        rowBytes = of.cols() * positionBytes;
    }

    MemorySegment memory() {
        return memory;
    }

    /** Where in {@link #memory} a position of the grid is. */
    long offset(int row, int col) {
        return offset + row * rowBytes + col * positionBytes;
    }

    /** Address of the grid. */
    long address() {
        return at;
    }

    int imageBytes() {
        return bytes;
    }

    /**
     * Turns the grid of a band. Rows that it has in common with the band before, which was turned last, are there already.
     *
     * @param block of output channels
     * @param batchBlock of the batch
     */
    void turn(int block, int batchBlock, int band) {
        int known = 0;
        if (band > 0) {
            int apart = bands.firstRow(band) - bands.firstRow(band - 1);
            known = bands.gridRows() - apart;
            copy(at + apart * rowBytes, at, known * rowBytes);
        }
        for (int row = known; row < bands.gridRows(); row++) {
            int y = bands.firstRow(band) + row;
            if (y < 0 || y >= geometry.outHeight()) {
                Raw.clear(at + row * rowBytes, rowBytes);
            } else {
                turnRow(block * width, batchBlock, y, at + row * rowBytes);
            }
        }
    }

    private void turnRow(int first, int batchBlock, int y, long to) {
        int x = Math.max(0, bands.firstCol());
        int cols = Math.min(geometry.outWidth(), bands.firstCol() + bands.cols()) - x;
        int before = x - bands.firstCol();
        Raw.clear(to, before * positionBytes);
        Raw.clear(to + (before + cols) * positionBytes, rowBytes - (before + cols) * positionBytes);
        long into = to + before * positionBytes;
        int channels = Math.min(width, geometry.outChannels() - first);
        if (channels < width) {
            Raw.clear(into, cols * positionBytes);
        }
        int step = Math.toIntExact(gradient.planePositions() * gradient.rowStride());
        int place = first * gradient.planePositions() + gradient.position(y, x);
        long from = Raw.address(
                gradient.data,
                gradient.offset(place, batchBlock * gradient.block),
                (channels - 1L) * step + cols * gradient.rowStride());
        int whole = channels - channels % COUNT;
        int depth = cols * gradient.block;
        for (int k = 0; k < depth; k += PIECE) {
            long piece = from + 4L * k;
            long turned = into + (long) k * bytes;
            int numbers = Math.min(PIECE, depth - k);
            Transposition.panel(piece, step, whole, numbers, turned, bytes);
            Transposition.oneByOne(
                    piece + (long) whole * step, step, channels - whole, 0, numbers, turned + 4L * whole, bytes);
        }
    }

    /** Copies whole vectors, downwards if they overlap. */
    private static void copy(long from, long to, long count) {
        for (long i = 0; i < count; i += BYTES) {
            fromMemorySegment(F, ALL, (from + i) & USER, LITTLE_ENDIAN)
                    .intoMemorySegment(ALL, (to + i) & USER, LITTLE_ENDIAN);
        }
    }
}
