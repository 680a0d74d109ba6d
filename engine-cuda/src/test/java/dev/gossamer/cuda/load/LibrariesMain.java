package dev.gossamer.cuda.load;

import dev.gossamer.cuda.load.LibraryStatus.Missing;
import dev.gossamer.cuda.load.LibraryStatus.Usable;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;

/**
 * Loads CUDA's libraries in a child JVM, as for a driver that knows the CUDA of the first argument, and prints what came of
 * it; with a second argument, compiles a kernel for that architecture.
 */
final class LibrariesMain {

    private static final String KERNEL =
            "extern \"C\" __global__ void twice(float *x, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x;"
                    + " if (i < n) x[i] *= 2.0f; }";

    private LibrariesMain() {}

    public static void main(String[] args) {
        Machine here = Machine.here();
        LibraryLoading loading =
                new LibraryLoading(here, new LibrarySearch(here, PythonWheels::ask), Integer.parseInt(args[0]));
        for (CudaLibrary library : CudaLibrary.values()) {
            switch (loading.load(library)) {
                case Usable usable -> {
                    System.out.println(library + "=" + usable.version());
                    System.out.println(library + ".file=" + usable.file());
                    System.out.println(library + ".origin=" + usable.origin());
                    System.out.println(library + ".retargeted=" + usable.retargeted());
                }
                case Missing(var why) -> {
                    System.out.println(library + "=missing");
                    System.out.println(library + ".reason=" + why.reason());
                    System.out.println(library + ".remedy=" + why.remedy());
                }
            }
        }
        if (args.length > 1) {
            compile(args[1]);
        }
    }

    private static void compile(String architecture) {
        nvrtcProgram program = new nvrtcProgram();
        check(JNvrtc.nvrtcCreateProgram(program, KERNEL, "twice.cu", 0, null, null));
        check(JNvrtc.nvrtcCompileProgram(program, 1, new String[] {"--gpu-architecture=" + architecture}));
        String[] ptx = {""};
        check(JNvrtc.nvrtcGetPTX(program, ptx));
        System.out.println("ptx.entry=" + ptx[0].contains(".entry twice("));
        long[] size = {0};
        check(JNvrtc.nvrtcGetCUBINSize(program, size));
        byte[] cubin = new byte[Math.toIntExact(size[0])];
        check(JNvrtc.nvrtcGetCUBIN(program, cubin));
        System.out.println("cubin.elf=" + (cubin[0] == 0x7f && cubin[1] == 'E'));
        check(JNvrtc.nvrtcDestroyProgram(program));
    }

    private static void check(int result) {
        if (result != nvrtcResult.NVRTC_SUCCESS) {
            throw new IllegalStateException(nvrtcResult.stringFor(result));
        }
    }
}
