package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;

/**
 * NVRTC, whose library must have been loaded. JNvrtc's exceptions stay off: they would hide the compiler's log.
 *
 * @param version of NVRTC
 * @param architectures compute capabilities it compiles for, ascending
 */
record NvrtcCompiler(CudaVersion version, List<Integer> architectures) implements KernelCompiler {

    static NvrtcCompiler open() {
        int[] major = {0};
        int[] minor = {0};
        check(JNvrtc.nvrtcVersion(major, minor), "asking for its version");
        int[] count = {0};
        check(JNvrtc.nvrtcGetNumSupportedArchs(count), "asking for its architectures");
        int[] architectures = new int[count[0]];
        check(JNvrtc.nvrtcGetSupportedArchs(architectures), "asking for its architectures");
        return new NvrtcCompiler(
                new CudaVersion(major[0], minor[0]),
                IntStream.of(architectures).sorted().boxed().toList());
    }

    @Override
    public byte[] compile(KernelSources sources, List<String> options) {
        Map<String, String> headers = sources.headers();
        nvrtcProgram program = new nvrtcProgram();
        int created = JNvrtc.nvrtcCreateProgram(
                program,
                sources.unit(),
                KernelSources.UNIT,
                headers.size(),
                headers.values().toArray(String[]::new),
                headers.keySet().toArray(String[]::new));
        check(created, "taking the kernels' sources");
        try {
            int compiled = JNvrtc.nvrtcCompileProgram(program, options.size(), options.toArray(String[]::new));
            if (compiled != nvrtcResult.NVRTC_SUCCESS) {
                throw new EngineException("NVRTC " + version + " did not compile the kernels with "
                        + String.join(" ", options) + ": " + nvrtcResult.stringFor(compiled) + remedy(compiled) + "\n"
                        + log(program).strip());
            }
            return options.stream().anyMatch(option -> option.startsWith("--gpu-architecture=compute_"))
                    ? ptx(program)
                    : cubin(program);
        } finally {
            JNvrtc.nvrtcDestroyProgram(program);
        }
    }

    private static byte[] cubin(nvrtcProgram program) {
        long[] size = {0};
        check(JNvrtc.nvrtcGetCUBINSize(program, size), "giving the machine code's size");
        byte[] cubin = new byte[Math.toIntExact(size[0])];
        check(JNvrtc.nvrtcGetCUBIN(program, cubin), "giving the machine code");
        return cubin;
    }

    private static byte[] ptx(nvrtcProgram program) {
        String[] text = {""};
        check(JNvrtc.nvrtcGetPTX(program, text), "giving the PTX");
        byte[] ptx = text[0].getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(ptx, ptx.length + 1);
    }

    private static String log(nvrtcProgram program) {
        String[] log = {""};
        int code = JNvrtc.nvrtcGetProgramLog(program, log);
        return code == nvrtcResult.NVRTC_SUCCESS && log[0] != null
                ? log[0]
                : "(NVRTC gave no log: " + nvrtcResult.stringFor(code) + ")";
    }

    private static String remedy(int code) {
        return code == nvrtcResult.NVRTC_ERROR_BUILTIN_OPERATION_FAILURE
                ? ". Its second library, libnvrtc-builtins, was not found: it belongs into the folder of libnvrtc."
                : "";
    }

    private static void check(int code, String doing) {
        if (code != nvrtcResult.NVRTC_SUCCESS) {
            throw new EngineException("NVRTC failed while " + doing + ": " + nvrtcResult.stringFor(code));
        }
    }
}
