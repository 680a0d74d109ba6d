package dev.gossamer.cuda.load;

/** A class of JCuda with native methods, and its JNI library. */
enum JcudaBinding {
    RUNTIME("jcuda.runtime.JCuda", "JCudaRuntime"),
    DRIVER("jcuda.driver.JCudaDriver", "JCudaDriver"),
    CUBLAS("jcuda.jcublas.JCublas2", "JCublas2"),
    CUSPARSE("jcuda.jcusparse.JCusparse", "JCusparse"),
    NVRTC("jcuda.nvrtc.JNvrtc", "JNvrtc");

    private final String className;
    private final String library;

    JcudaBinding(String className, String library) {
        this.className = className;
        this.library = library;
    }

    String className() {
        return className;
    }

    /** The library's name without version and platform. */
    String library() {
        return library;
    }
}
