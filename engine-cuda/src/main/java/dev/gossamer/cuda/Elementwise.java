package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.ops.DenseOps;

/** Launches the ops of {@code Elementwise.cu}: {@link DenseOps} on values, flat over their storage. */
final class Elementwise {

    private static final int BLOCK = 256;

    /** Entries that one block of a dot product sums; {@code DOT_CHUNK} of the kernel. */
    private static final int DOT_CHUNK = 8192;

    private Elementwise() {}

    static void fill(CudaWorkspace workspace, CudaValues values, float value) {
        long count = values.space().count();
        workspace
                .launch()
                .kernel("elementwise_fill")
                .p(values.data())
                .p(values.space().maskBits())
                .l(count)
                .f(value)
                .grid1d(quads(count), BLOCK);
    }

    static void copy(CudaWorkspace workspace, CudaValues from, CudaValues to) {
        long count = from.space().count();
        workspace
                .launch()
                .kernel("elementwise_copy")
                .p(from.data())
                .p(to.data())
                .l(count)
                .grid1d(quads(count), BLOCK);
    }

    static void axpy(CudaWorkspace workspace, float alpha, CudaValues x, CudaValues y) {
        long count = x.space().count();
        workspace
                .launch()
                .kernel("elementwise_axpy")
                .f(alpha)
                .p(x.data())
                .p(y.data())
                .p(x.space().maskBits())
                .l(count)
                .grid1d(quads(count), BLOCK);
    }

    static void multiply(CudaWorkspace workspace, CudaValues x, CudaValues y, CudaValues out) {
        long count = x.space().count();
        workspace
                .launch()
                .kernel("elementwise_multiply")
                .p(x.data())
                .p(y.data())
                .p(out.data())
                .l(count)
                .grid1d(quads(count), BLOCK);
    }

    static void addSquare(CudaWorkspace workspace, CudaValues x, CudaValues y) {
        long count = x.space().count();
        workspace
                .launch()
                .kernel("elementwise_add_square")
                .p(x.data())
                .p(y.data())
                .l(count)
                .grid1d(count, BLOCK);
    }

    /** Partial sums of fixed chunks, then their sum in double: the same bits on every device. */
    static void dot(CudaWorkspace workspace, CudaValues x, CudaValues y, CudaHandles.CudaCell out) {
        long count = x.space().count();
        long chunks = (count + DOT_CHUNK - 1) / DOT_CHUNK;
        DeviceBuffer partials = workspace.scratch(CudaWorkspace.Scratch.PARTIALS, chunks * Float.BYTES);
        workspace
                .launch()
                .kernel("elementwise_dot")
                .p(x.data())
                .p(y.data())
                .l(count)
                .p(partials)
                .p(out.data())
                .blocks(chunks, BLOCK);
        if (chunks != 1) {
            workspace
                    .launch()
                    .kernel("elementwise_dot_total")
                    .p(partials)
                    .l(chunks)
                    .p(out.data())
                    .blocks(1, BLOCK);
        }
    }

    /** Puts +0.0 back outside the pattern of dense-masked values, for ops that compute all of their storage. */
    static void clearOutside(CudaWorkspace workspace, CudaValues values) {
        if (values.space().storage() != CudaSpace.Storage.MASKED) {
            return;
        }
        long count = values.space().count();
        workspace
                .launch()
                .kernel("elementwise_clear_outside")
                .p(values.data())
                .p(values.space().maskBits())
                .l(count)
                .grid1d(quads(count), BLOCK);
    }

    private static long quads(long count) {
        return (count + 3) / 4;
    }
}
