package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;

/**
 * The structure {@code Ending} of the kernels: bias and ReLU within the product, which saves a pass over the output.
 *
 * @param bias address of a number per channel, 0 for none
 */
record ConvolutionEnding(long bias, boolean rectify) {

    static final ConvolutionEnding NONE = new ConvolutionEnding(0, false);

    /** Of an epilogue without a mask: the bits of one are noted in words of 32 samples, which no thread has by itself. */
    static ConvolutionEnding of(Epilogue epilogue) {
        long bias = epilogue.bias() == null
                ? 0
                : ((CudaValues) epilogue.bias()).data().address();
        return new ConvolutionEnding(bias, epilogue.activation() == Activation.RELU);
    }

    /** Passes it as the launch's next argument. */
    Launch pass(Launch launch) {
        return launch.l(bias).word(rectify ? 1 : 0);
    }
}
