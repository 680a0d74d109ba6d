package dev.gossamer.cuda;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;

/** The epilogue of a product, in place: bias, ReLU and its mask in one pass over the output. */
final class BiasRelu {

    private static final int BLOCK = 256;

    private BiasRelu() {}

    static void apply(CudaWorkspace workspace, Epilogue epilogue, CudaTensor y) {
        // Vectors are never packed, so that a bias has a number per channel whatever its pattern.
        long bias = epilogue.bias() == null
                ? 0
                : ((CudaValues) epilogue.bias()).data().address();
        int plane = y.features / y.shape().channels();
        CudaMask mask = (CudaMask) epilogue.mask();
        if (mask != null) {
            workspace
                    .launch()
                    .kernel("bias_relu_note")
                    .p(y.data())
                    .i(y.ld)
                    .p(bias)
                    .i(plane)
                    .p(mask.bits())
                    .i(mask.words)
                    .i(y.features)
                    .i(y.batch)
                    .grid1d(Relu.noting(y), BLOCK);
        } else if (epilogue.activation() == Activation.RELU) {
            plain("bias_relu_rectify", workspace, bias, plane, y);
        } else if (bias != 0) {
            plain("bias_relu_add", workspace, bias, plane, y);
        }
    }

    private static void plain(String kernel, CudaWorkspace workspace, long bias, int plane, CudaTensor y) {
        workspace
                .launch()
                .kernel(kernel)
                .p(y.data())
                .i(y.ld)
                .p(bias)
                .i(plane)
                .i(y.features)
                .i(y.batch)
                .grid1d(Scaling.quads(y), BLOCK);
    }
}
