package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.cuda.device.Cusparse.Csr;
import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import org.jspecify.annotations.Nullable;

/**
 * C = alpha·A·B + beta·C and its transposed form: for packed values one of our kernels, which does in the same pass what
 * follows the product, or cuSPARSE; for the others cuBLAS.
 */
final class Spmm {

    private static final int BLOCK = 256;
    private static final int VECTOR_BLOCK = 128;
    private static final int WARP = 32;

    private Spmm() {}

    static void run(
            CudaWorkspace workspace,
            float alpha,
            CudaValues a,
            CudaTensor b,
            float beta,
            CudaTensor c,
            Epilogue epilogue) {
        if (!packed(a)) {
            Gemm.forward(workspace, alpha, a, b, beta, c);
        } else if (a.space.nnz() == 0) {
            Scaling.tensor(workspace, c, beta);
        } else if (c.batch > 0) {
            if (own(workspace, alpha, a, false, b, beta, c, null, epilogue)) {
                return;
            }
            vendor(workspace, alpha, a.space.plan().csr(), a.data(), b, beta, c);
        }
        BiasRelu.apply(workspace, epilogue, c);
    }

    static void runTransposed(
            CudaWorkspace workspace,
            float alpha,
            CudaValues a,
            CudaTensor b,
            float beta,
            CudaTensor c,
            @Nullable CudaMask mask) {
        if (!packed(a)) {
            Gemm.transposed(workspace, alpha, a, b, beta, c);
        } else if (a.space.nnz() == 0) {
            Scaling.tensor(workspace, c, beta);
        } else if (c.batch > 0) {
            if (own(workspace, alpha, a, true, b, beta, c, mask, Epilogue.NONE)) {
                return;
            }
            PatternPlan.Transposed transposed = a.space.plan().transposed();
            vendor(workspace, alpha, transposed.csr(), permuted(workspace, a, transposed), b, beta, c);
        }
        if (mask != null) {
            Relu.gradient(workspace, mask, c, c);
        }
    }

    private static boolean packed(CudaValues a) {
        return a.space.storage() == Storage.PACKED;
    }

    /** Launches the kernel of ours that takes such a product; false where there is none. */
    private static boolean own(
            CudaWorkspace workspace,
            float alpha,
            CudaValues a,
            boolean transposed,
            CudaTensor b,
            float beta,
            CudaTensor c,
            @Nullable CudaMask mask,
            Epilogue epilogue) {
        PatternPlan plan = a.space.plan();
        if (c.batch == 1 && workspace.tuning().ownSpmm(plan.pattern())) {
            vector(workspace, a, transposed, b);
            end(workspace.launch(), alpha, beta, c, mask, epilogue).grid1d((long) c.features * WARP, VECTOR_BLOCK);
            return true;
        }
        SpmmKernel kernel = SpmmKernel.choose(workspace.tuning(), workspace.multiprocessors(), plan, b, c);
        if (kernel == null) {
            return false;
        }
        PatternPlan.Pieces pieces = kernel.pieces(workspace.multiprocessors(), plan, transposed, c.batch);
        matrix(kernel.launch(workspace), kernel, pieces, a, transposed, b);
        end(workspace.launch(), alpha, beta, c, mask, epilogue)
                .blocks(kernel.blocks(pieces.count(), c.batch), kernel.block);
        return true;
    }

    private static void vector(CudaWorkspace workspace, CudaValues a, boolean transposed, CudaTensor b) {
        Csr csr =
                transposed ? a.space.plan().transposed().csr() : a.space.plan().csr();
        workspace
                .launch()
                .kernel("spmm_vector")
                .p(csr.rowPtr())
                .p(csr.colIdx())
                .p(a.data())
                .p(permutation(a, transposed))
                .l(transposed ? a.space.cols() : a.space.rows())
                .p(b.data())
                .i(b.ld);
    }

    /** The structure {@code SpmmMatrix} of the kernels, and B. */
    static void matrix(
            Launch launch,
            SpmmKernel kernel,
            PatternPlan.Pieces pieces,
            CudaValues a,
            boolean transposed,
            CudaTensor b) {
        Csr csr =
                transposed ? a.space.plan().transposed().csr() : a.space.plan().csr();
        launch.p(pieces.words())
                .word(csr.colIdx().address())
                .word(a.data().address())
                .word(permutation(a, transposed))
                .word(Launch.pair(pieces.count(), pieces.severed()))
                .word(Launch.pair(kernel.tilesTogether(b), 0))
                .p(b.data())
                .i(b.ld);
    }

    private static long permutation(CudaValues a, boolean transposed) {
        return transposed ? a.space.plan().transposed().permutation().address() : 0;
    }

    /** The structures {@code Output} and {@code SpmmEnd} of the kernels. */
    static Launch end(
            Launch launch, float alpha, float beta, CudaTensor c, @Nullable CudaMask mask, Epilogue epilogue) {
        CudaMask noted = (CudaMask) epilogue.mask();
        CudaValues bias = (CudaValues) epilogue.bias();
        return Output.pass(launch, c, beta, mask)
                .p(bias == null ? 0 : bias.data().address())
                .word(noted == null ? 0 : noted.bits().address())
                .word(Launch.pair(noted == null ? 0 : noted.words, epilogue.activation() == Activation.RELU ? 1 : 0))
                .word(Launch.pair(Float.floatToRawIntBits(alpha), 0));
    }

    private static void vendor(
            CudaWorkspace workspace,
            float alpha,
            Csr csr,
            DeviceBuffer values,
            CudaTensor b,
            float beta,
            CudaTensor c) {
        int algorithm = workspace.tuning().spmmAlgorithm();
        workspace.stream().cusparse().spmm(algorithm, alpha, csr, values, b.matrix(), beta, c.matrix());
    }

    /** A's values in the order of the transpose. */
    private static DeviceBuffer permuted(CudaWorkspace workspace, CudaValues a, PatternPlan.Transposed transposed) {
        long nnz = a.space.nnz();
        DeviceBuffer scratch = workspace.scratch(CudaWorkspace.Scratch.VALUES, nnz * Float.BYTES);
        workspace
                .launch()
                .kernel("spmm_permute")
                .p(a.data())
                .p(transposed.permutation())
                .l(nnz)
                .p(scratch)
                .grid1d(nnz, BLOCK);
        return scratch;
    }
}
