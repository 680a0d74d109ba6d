package dev.gossamer.cuda.device;

import java.util.List;

/** Compiles kernels while the program runs. */
interface KernelCompiler {

    CudaVersion version();

    /** Compute capabilities it compiles for, as 90 for 9.0, ascending. */
    List<Integer> architectures();

    /**
     * The sources as one image.
     *
     * @param options the compiler's, of which {@code --gpu-architecture=sm_90} gives machine code and {@code =compute_90}
     *     gives PTX that ends in a zero byte
     * @throws dev.gossamer.engine.EngineException with the compiler's log
     */
    byte[] compile(KernelSources sources, List<String> options);
}
