package dev.gossamer.cpu;

import dev.gossamer.cpu.PatternPlan.Csr;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One pass of a convolution over the tiles of its output: runs of up to eight vectors of adjacent positions of one output
 * row, for all output channels, so that the part of the input that a tile reads stays in cache. Where output channels have few
 * weights there is nothing to keep, and each computes its whole run before the next. Bias, ReLU and masks follow
 * while the tile is in cache. Kept by its product and set up anew for every pass, so that a step allocates nothing.
 *
 * <p>Threads share tiles where there are enough of them, else output channels.
 */
final class ConvolutionWalk implements Workers.Parts {

    /** Vectors of the widest sparse tile. */
    private static final int TILE = 8;

    /** A tile of fewer vectors is narrow. */
    private static final int NARROW = 4;

    /** Vectors of a dense tile, the columns of a gemm's register block. */
    private static final int DENSE_VECTORS = 2;

    private final CpuWorkspace workspace;
    private final SparseConvolutionKernels.Operands[] sparse;
    private final GemmKernels.Operands[] dense;
    private final DenseConvolutionKernels.Tile[] tiles;

    // What all passes of one product share.
    private CpuTensor in;
    private CpuTensor out;
    private float beta;
    private int channels;
    private int outStride;
    private @Nullable CpuValues bias;
    private boolean relu;
    private @Nullable CpuMask passed;
    private @Nullable CpuMask mask;

    // The pass being worked on.
    private ConvolutionPass pass;
    private @Nullable TapClasses classes;
    private Csr csr;
    private MemorySegment values = MemorySegment.NULL;
    private @Nullable DenseTaps taps;
    private MemorySegment weights = MemorySegment.NULL;
    private long weightsBase;
    private MemorySegment panels = MemorySegment.NULL;
    private long panelBytes;

    @SuppressWarnings("NullAway.Init") // set before each run
    ConvolutionWalk(CpuWorkspace workspace) {
        this.workspace = workspace;
        this.sparse = new SparseConvolutionKernels.Operands[workspace.threads()];
        Arrays.setAll(sparse, part -> new SparseConvolutionKernels.Operands());
        this.dense = new GemmKernels.Operands[workspace.threads()];
        Arrays.setAll(dense, part -> new GemmKernels.Operands());
        this.tiles = new DenseConvolutionKernels.Tile[workspace.threads()];
        Arrays.setAll(tiles, part -> new DenseConvolutionKernels.Tile());
    }

    void operands(CpuTensor input, float scale, CpuTensor output, int outputChannels) {
        in = input;
        beta = scale;
        out = output;
        channels = outputChannels;
        outStride = Math.toIntExact(output.planePositions() * output.rowStride());
    }

    /**
     * What is done to a tile when it is complete.
     *
     * @param passedMask where to note what passed the ReLU
     * @param gradientMask what to let through
     */
    void epilogue(
            @Nullable CpuValues outBias,
            boolean rectified,
            @Nullable CpuMask passedMask,
            @Nullable CpuMask gradientMask) {
        bias = outBias;
        relu = rectified;
        passed = passedMask;
        mask = gradientMask;
    }

    void sparse(ConvolutionPass next, Csr structure, TapClasses classesOfTaps, MemorySegment weightValues) {
        pass = next;
        csr = structure;
        classes = classesOfTaps;
        values = weightValues;
        int entries = structure.rowPtr[structure.rows] - structure.rowPtr[0];
        int parts = workspace.parts(2.0 * entries * next.rows() * next.cols() * out.batch);
        panels = workspace.scratch(CpuWorkspace.Scratch.PANELS, (long) parts * channels * TILE * Lanes.BYTES);
        dispatch(parts);
    }

    /**
     * @param tapsOfClasses of the pass
     * @param matrix {@code [output channels][input channels][taps of the pass]} floats from byte {@code base} on
     */
    void dense(ConvolutionPass next, DenseTaps tapsOfClasses, MemorySegment matrix, long base) {
        pass = next;
        classes = null;
        taps = tapsOfClasses;
        weights = matrix;
        weightsBase = base;
        double numbers = (double) tapsOfClasses.channels * tapsOfClasses.taps;
        int parts = workspace.parts(2.0 * channels * numbers * next.rows() * next.cols() * out.batch);
        panelBytes = (long) tapsOfClasses.depth * DENSE_VECTORS * Lanes.BYTES;
        // A pass may have no taps at all; its kernels still ask for a row of the panel.
        long least = (long) DENSE_VECTORS * Lanes.BYTES;
        panels = workspace.scratch(CpuWorkspace.Scratch.PANELS, Math.max(parts * panelBytes, least));
        dispatch(parts);
    }

    private void dispatch(int parts) {
        if (parts == 1) {
            run(0, 1);
        } else {
            workspace.workers().run(parts, this);
        }
    }

    @Override
    public void run(int part, int parts) {
        int lines = CpuTensor.blocks(out.batch, out.block) * pass.rows();
        if (lines >= 2 * parts || parts == 1) {
            int end = (int) ((long) lines * (part + 1) / parts);
            for (int line = (int) ((long) lines * part / parts); line < end; line++) {
                line(line / pass.rows() * out.block, line % pass.rows(), 0, channels, part);
            }
            return;
        }
        int from = DenseProduct.cut(channels, part, parts);
        int to = DenseProduct.cut(channels, part + 1, parts);
        for (int line = 0; line < lines && from < to; line++) {
            line(line / pass.rows() * out.block, line % pass.rows(), from, to, part);
        }
    }

    /** One output row of one block of the batch, for output channels {@code from .. to - 1}. */
    private void line(int column, int row, int from, int to, int part) {
        TapClasses entries = classes;
        if (entries == null) {
            denseLine(column, row, from, to, part);
            return;
        }
        for (int col = 0; col < pass.cols(); ) {
            int end = entries.runEnd(col);
            sparseRun(entries, column, row, col, end, from, to, part);
            col = end;
        }
    }

    private void denseLine(int column, int row, int from, int to, int part) {
        int y = pass.outY() + row * pass.outStep();
        int perPosition = out.block / Lanes.COUNT;
        int total = pass.cols() * perPosition;
        // Masks are written sixteen columns at a time, so that a tile is never less.
        int most = Math.max(DENSE_VECTORS, 16 / Lanes.COUNT);
        for (int vector = 0; vector < total; ) {
            int col = vector / perPosition;
            int left = pass.outStep() == 1 ? total - vector : perPosition - vector % perPosition;
            int vectors = Math.min(most, Integer.highestOneBit(left));
            int x = pass.outX() + col * pass.outStep();
            long to0 = out.offset(out.position(y, x), column) + (long) (vector % perPosition) * Lanes.BYTES;
            for (int done = 0; done < vectors; done += DENSE_VECTORS) {
                int width = Math.min(DENSE_VECTORS, vectors - done);
                denseTile(column, row, vector + done, width, to0 + (long) done * Lanes.BYTES, from, to, part);
            }
            finish(column, y, x, vector % perPosition, vectors, from, to, to0);
            vector += vectors;
        }
    }

    /** Grid columns {@code col .. end - 1} of one row, all of one class. */
    private void sparseRun(TapClasses taps, int column, int row, int col, int end, int from, int to, int part) {
        TapClasses.Entries entries = taps.at(row, col);
        int y = pass.outY() + row * pass.outStep();
        int inRow = pass.inY() + row * pass.inStep();
        boolean runs = pass.outStep() == 1 && pass.inStep() == 1;
        int perPosition = out.block / Lanes.COUNT;
        for (int vector = col * perPosition; vector < end * perPosition; ) {
            int at = vector / perPosition;
            int left = runs ? end * perPosition - vector : perPosition - vector % perPosition;
            int vectors = Math.min(TILE, Integer.highestOneBit(left));
            // Apart from each other, positions are narrow tiles: their rows end often, and parts would make them end
            // more often.
            boolean apart = !runs && vectors == perPosition && vectors < NARROW;
            int tiles = apart ? end - at : taps.isShort ? left / vectors : 1;
            long within = (long) (vector % perPosition) * Lanes.BYTES;
            int x = pass.outX() + at * pass.outStep();
            long to0 = out.offset(out.position(y, x), column) + within;
            long from0 = in.offset(in.position(inRow, pass.inX() + at * pass.inStep()), column) + within;
            SparseConvolutionKernels.Operands io = sparse[part];
            io.inputTile = apart ? pass.inStep() * Math.toIntExact(in.rowStride()) : vectors * Lanes.BYTES;
            io.outputTile = apart ? pass.outStep() * Math.toIntExact(out.rowStride()) : vectors * Lanes.BYTES;
            sparseTiles(taps, entries, io, vectors, tiles, apart ? 1 : taps.parts, from, to, from0, to0, part);
            for (int tile = 0; tile < tiles && apart; tile++) {
                finish(column, y, x + tile * pass.outStep(), 0, vectors, from, to, to0 + (long) tile * io.outputTile);
            }
            if (!apart) {
                finish(column, y, x, vector % perPosition, tiles * vectors, from, to, to0);
            }
            vector += tiles * vectors;
        }
    }

    /**
     * Tiles one after the other. There is one where entries come in {@code parts}, and it waits in scratch memory from part to
     * part.
     */
    private void sparseTiles(
            TapClasses taps,
            TapClasses.Entries entries,
            SparseConvolutionKernels.Operands io,
            int vectors,
            int tiles,
            int parts,
            int from,
            int to,
            long from0,
            long to0,
            int part) {
        int tileBytes = vectors * Lanes.BYTES;
        long inputWidth = (tiles - 1L) * io.inputTile + tileBytes;
        long width = (tiles - 1L) * io.outputTile + tileBytes;
        io.rowPtr = csr.rowPtr;
        io.values = Raw.address(values, 0, 4L * csr.rowPtr[csr.rows]);
        io.entries = Raw.address(entries.packed(), 0, entries.packed().byteSize());
        MemorySegment columns = vectors == TILE && tiles == 1 ? entries.columns() : null;
        if (columns != null) {
            io.columns = Raw.address(columns, 0, columns.byteSize());
            io.values += 4L * csr.rowPtr[0];
        }
        io.bounds = entries.bounds();
        io.step = Math.toIntExact(in.rowStride());
        io.input = csr.cols == 0 ? 0 : Raw.address(in.data, from0, (csr.cols - 1) * in.rowStride() + inputWidth);
        long output = Raw.address(out.data, to0, (channels - 1L) * outStride + width);
        long waiting = parts == 1
                ? output
                : Raw.address(panels, (long) part * channels * TILE * Lanes.BYTES, (long) channels * tileBytes);
        for (int row = from; row < to && beta != 0; row++) {
            for (int tile = 0; tile < tiles; tile++) {
                Scaling.row(vectors, output + (long) row * outStride + (long) tile * io.outputTile, beta);
            }
        }
        for (int k = 0; k < parts; k++) {
            boolean last = k == parts - 1;
            io.starts = k * csr.rows;
            // A row's parts lie one behind the other.
            io.ends = (last ? taps.parts : k + 1) * csr.rows;
            io.held = k == 0 ? output : waiting;
            io.heldStride = k == 0 ? outStride : tileBytes;
            io.output = last ? output : waiting;
            io.outputStride = last ? outStride : tileBytes;
            if (columns != null && k == 0 && beta == 0) {
                SparseConvolutionKernels.freshWhole(io, from, to);
            } else if (columns != null) {
                SparseConvolutionKernels.moreWhole(io, from, to);
            } else if (k == 0 && beta == 0) {
                SparseConvolutionKernels.fresh(vectors, tiles, io, from, to);
            } else {
                SparseConvolutionKernels.more(vectors, tiles, io, from, to);
            }
        }
    }

    /** One or two vectors, which may lie at two positions that are not neighbours in the input. */
    private void denseTile(int column, int row, int vector, int vectors, long to0, int from, int to, int part) {
        DenseTaps all = Objects.requireNonNull(taps);
        int perPosition = out.block / Lanes.COUNT;
        int second = vector + vectors - 1;
        DenseTaps.Panel panel = all.at(row, vector / perPosition, vectors == 1 ? -1 : second / perPosition);
        GemmKernels.Operands io = dense[part];
        long rowBytes = 4L * all.channels * all.taps;
        io.set(weights, rowBytes, 4, panels, (long) DENSE_VECTORS * Lanes.BYTES, out.data, outStride);
        long packed = part * panelBytes;
        long c = to0 + (long) from * outStride;
        if (panel.depth() == 0) {
            GemmKernels.block(to - from, vectors, io, 0, packed, c, 0, beta);
            return;
        }
        DenseConvolutionKernels.Tile tile = tiles[part];
        tile.of(panel, in, inputOffset(column, row, vector), inputOffset(column, row, second), all);
        for (int channel = 0; channel < all.channels; channel += panel.channels()) {
            int depth = Math.min(panel.channels(), all.channels - channel) * panel.taps();
            long a = weightsBase + from * rowBytes + 4L * channel * all.taps;
            DenseConvolutionKernels.block(to - from, vectors, io, tile, a, packed, c, depth, channel == 0 ? beta : 1);
            tile.advance();
        }
    }

    private long inputOffset(int column, int row, int vector) {
        int perPosition = out.block / Lanes.COUNT;
        int inRow = pass.inY() + row * pass.inStep();
        int col = pass.inX() + vector / perPosition * pass.inStep();
        return in.offset(in.position(inRow, col), column) + (long) (vector % perPosition) * Lanes.BYTES;
    }

    /** Bias, ReLU and masks of a tile, sixteen columns of all channels at a time. */
    private void finish(int column, int y, int x, int vector, int vectors, int from, int to, long tile) {
        if (bias == null && !relu && mask == null) {
            return;
        }
        int biasStep = bias == null ? 0 : Float.BYTES;
        MemorySegment shifts = bias == null ? BiasRelu.NO_BIAS : bias.data;
        long shift = Raw.address(shifts, (long) from * biasStep, (to - from - 1L) * biasStep + Float.BYTES);
        for (int lane = 0; lane < vectors * Lanes.COUNT; lane += 16) {
            int at = vector * Lanes.COUNT + lane;
            int position = out.position(y, x + at / out.block) + from * out.planePositions();
            int sixteen = column + at % out.block;
            long address = Raw.address(
                    out.data, tile + (long) from * outStride + 4L * lane, (to - from - 1L) * outStride + 64);
            int maskStep = CpuMask.STEP * out.planePositions();
            if (mask != null) {
                long bits = mask.address16(position, sixteen, to - from, maskStep);
                Relu.select(to - from, bits, maskStep, address, outStride, address, outStride);
            } else if (passed != null) {
                long bits = passed.address16(position, sixteen, to - from, maskStep);
                BiasRelu.addReluMask(to - from, address, outStride, shift, biasStep, bits, maskStep);
            } else if (relu) {
                BiasRelu.addRelu(to - from, address, outStride, shift, biasStep);
            } else {
                BiasRelu.add(to - from, address, outStride, shift, biasStep);
            }
        }
    }
}
