package dev.gossamer.cuda.device;

import dev.gossamer.cuda.load.LibraryStatus;
import dev.gossamer.cuda.load.NvrtcAlone;
import dev.gossamer.engine.EngineException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What NvrtcTest starts in a JVM of its own: native libraries are loaded once per JVM. */
final class NvrtcMain {

    static final int NO_NVRTC = 3;

    private static final KernelSources BROKEN = new KernelSources(new TreeMap<>(Map.of(
            KernelSources.UNIT,
            "#include \"some.cuh\"\n",
            "some.cuh",
            "\n__global__ void f(int* x) { *x = missing; }\n")));

    private NvrtcMain() {}

    /**
     * Prints what became of each target.
     *
     * @param args targets as major.minor; "broken" for sources that do not compile
     */
    public static void main(String[] args) {
        if (NvrtcAlone.load() instanceof LibraryStatus.Missing(var why)) {
            System.out.println(why.reason());
            System.exit(NO_NVRTC);
        }
        for (String target : args) {
            System.out.println(target.equals("broken") ? broken() : image(target));
        }
    }

    private static String image(String target) {
        CudaVersion capability = CudaVersion.parse(target);
        KernelImage image = KernelImages.ofThisMachine(Optional.empty())
                .imageFor(new GpuTarget(capability.major(), capability.minor(), 13_990));
        return image.describe() + ", " + Digests.hex(image.bytes());
    }

    private static String broken() {
        try {
            NvrtcCompiler.open().compile(BROKEN, List.of("--gpu-architecture=sm_90"));
            return "compiled";
        } catch (EngineException e) {
            return String.valueOf(e.getMessage()).replace("\n", " | ");
        }
    }
}
