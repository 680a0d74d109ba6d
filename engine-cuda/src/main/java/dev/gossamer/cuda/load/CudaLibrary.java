package dev.gossamer.cuda.load;

import java.util.regex.Pattern;

/** The libraries of the CUDA toolkit that the backend uses where they are; without one, only what needs it is gone. */
public enum CudaLibrary {
    /** Dense products. */
    CUBLAS("cuBLAS", JcudaBinding.CUBLAS, "libcublas.so.%d", "cublas64_%d.dll"),
    /** Sparse products. */
    CUSPARSE("cuSPARSE", JcudaBinding.CUSPARSE, "libcusparse.so.12", "cusparse64_12.dll"),
    /** Kernels compiled for the GPU at hand. */
    NVRTC("NVRTC", JcudaBinding.NVRTC, "libnvrtc.so.%d", "nvrtc64_%d0_0.dll");

    private final String title;
    private final JcudaBinding binding;
    private final String linux;
    private final String windows;

    CudaLibrary(String title, JcudaBinding binding, String linux, String windows) {
        this.title = title;
        this.binding = binding;
        this.linux = linux;
        this.windows = windows;
    }

    /** Its name for people. */
    public String title() {
        return title;
    }

    JcudaBinding binding() {
        return binding;
    }

    /** Its file in CUDA {@code major}. cuSPARSE has kept the name of CUDA 12. */
    String file(int major, boolean onWindows) {
        return (onWindows ? windows : linux).formatted(major);
    }

    /** The file of the same CUDA that it needs, and that has to be loaded before it. */
    Pattern companion(int major, boolean onWindows) {
        String name = switch (this) {
            case CUBLAS -> onWindows ? "cublasLt64_%d\\.dll" : "libcublasLt\\.so\\.%d";
            case CUSPARSE -> onWindows ? "nvJitLink_%d0_0\\.dll" : "libnvJitLink\\.so\\.%d";
            case NVRTC -> onWindows ? "nvrtc-builtins64_%d\\d\\.dll" : "libnvrtc-builtins\\.so\\.%d\\.\\d+";
        };
        return Pattern.compile(name.formatted(major));
    }
}
