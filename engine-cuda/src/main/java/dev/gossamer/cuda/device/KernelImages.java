package dev.gossamer.cuda.device;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.EngineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where kernels come from: the cache of earlier runs, NVRTC, or what was compiled when this version was built, in that
 * order. {@code -Dgossamer.cuda.kernels=nvrtc|prebuilt} takes one way only.
 */
public final class KernelImages {

    static final String PROPERTY = "gossamer.cuda.kernels";

    /** NVRTC takes a lambda for a host function, also within a kernel, unless it is told that there are none. */
    private static final String LAMBDAS = "--device-as-default-execution-space";

    private static final System.Logger LOG = System.getLogger(KernelImages.class.getName());

    /** Which ways are open. */
    enum Choice {
        AUTO,
        NVRTC,
        PREBUILT;

        /** @param text a name in small letters; empty for all ways */
        static Choice of(String text) {
            return switch (text) {
                case "", "auto" -> AUTO;
                case "nvrtc" -> NVRTC;
                case "prebuilt" -> PREBUILT;
                default ->
                    throw new IllegalArgumentException(
                            "-D" + PROPERTY + "=" + text + ": it takes auto, nvrtc or prebuilt");
            };
        }

        String option() {
            return "-D" + PROPERTY + "=" + name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * NVRTC, or why there is none.
     *
     * @param compiler empty when it cannot be used
     * @param missing then: why, as a clause
     */
    record Nvrtc(Optional<KernelCompiler> compiler, String missing) {

        static Nvrtc of(KernelCompiler compiler) {
            return new Nvrtc(Optional.of(compiler), "");
        }

        static Nvrtc missing(String reason) {
            return new Nvrtc(Optional.empty(), reason);
        }

        /** Whose library is loaded. */
        private static Nvrtc open() {
            try {
                return of(NvrtcCompiler.open());
            } catch (EngineException | LinkageError e) {
                return missing("NVRTC cannot be used (" + e.getMessage() + ")");
            }
        }
    }

    private final Choice choice;
    private final KernelSources sources;
    private final Nvrtc nvrtc;
    private final CubinCache cache;
    private final Optional<PrebuiltKernels> prebuilt;

    KernelImages(
            Choice choice, KernelSources sources, Nvrtc nvrtc, CubinCache cache, Optional<PrebuiltKernels> prebuilt) {
        this.choice = choice;
        this.sources = sources;
        this.nvrtc = nvrtc;
        this.cache = cache;
        this.prebuilt = prebuilt;
    }

    /**
     * Those of this version, as the system properties say.
     *
     * @param noNvrtc why NVRTC cannot be used, as a clause; empty when its library is loaded
     */
    public static KernelImages ofThisMachine(Optional<String> noNvrtc) {
        Choice choice = Choice.of(System.getProperty(PROPERTY, ""));
        Nvrtc nvrtc = choice == Choice.PREBUILT
                ? Nvrtc.missing("it is not asked for")
                : noNvrtc.map(Nvrtc::missing).orElseGet(Nvrtc::open);
        return new KernelImages(
                choice, KernelSources.packaged(), nvrtc, CubinCache.ofThisMachine(), PrebuiltKernels.packaged());
    }

    /**
     * Why there are no kernels for that GPU here; empty when there are. Compiles nothing, throws nothing.
     *
     * @param noNvrtc loads NVRTC, and gives a clause when it cannot be used; asked where the prebuilt kernels do not serve
     */
    public static Optional<Availability.Unavailable> refusal(GpuTarget target, Supplier<Optional<String>> noNvrtc) {
        try {
            KernelImages unasked = ofThisMachine(Optional.of("NVRTC was not looked for"));
            return unasked.refusal(target)
                    .flatMap(why -> ofThisMachine(noNvrtc.get()).refusal(target));
        } catch (IllegalArgumentException | EngineException e) {
            return Optional.of(new Availability.Unavailable(
                    "its kernels cannot be found (" + e.getMessage() + ")", "Put that right, or use cpu-vector.", e));
        }
    }

    /** Why there are no kernels for that GPU; empty when there are. Compiles nothing. */
    Optional<Availability.Unavailable> refusal(GpuTarget target) {
        Optional<String> first = noNvrtc(target);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        return noPrebuilt(target)
                .map(second -> new Availability.Unavailable(
                        "no kernels for " + target + ": " + first.get() + ", and " + second, remedy(), null));
    }

    private String remedy() {
        String unforced = choice == Choice.AUTO ? "" : "Leave out " + choice.option() + ", or: ";
        return unforced
                + "Update the NVIDIA driver to 580 or newer, or install NVRTC of the CUDA version that the driver"
                + " has (`pip install nvidia-cuda-nvrtc-cu12` for CUDA 12, `nvidia-cuda-nvrtc` for CUDA 13); a GPU"
                + " older than compute capability 7.5 takes that of CUDA 12.";
    }

    /**
     * The kernels for that GPU. Compiling them for the first time takes seconds.
     *
     * @throws EngineException when there are none, with the reason, the remedy and, if it was that, the compiler's log
     */
    public KernelImage imageFor(GpuTarget target) {
        refusal(target).ifPresent(why -> {
            throw new EngineException(why.reason() + ". " + why.remedy());
        });
        Optional<String> noNvrtc = noNvrtc(target);
        if (noNvrtc.isPresent()) {
            return prebuilt(target, noNvrtc.get());
        }
        try {
            return compiled(target, nvrtc.compiler().orElseThrow());
        } catch (EngineException e) {
            if (noPrebuilt(target).isPresent()) {
                throw e;
            }
            LOG.log(System.Logger.Level.WARNING, "The prebuilt kernels are used: {0}", e.getMessage());
            return prebuilt(target, "NVRTC failed");
        }
    }

    /** Why NVRTC gives no kernels for that GPU, as a clause. */
    private Optional<String> noNvrtc(GpuTarget target) {
        if (choice == Choice.PREBUILT) {
            return Optional.of(choice.option() + " excludes NVRTC");
        }
        if (nvrtc.compiler().isEmpty()) {
            return Optional.of(nvrtc.missing());
        }
        KernelCompiler compiler = nvrtc.compiler().get();
        CudaVersion driver = target.cuda();
        if (!driver.runsMachineCodeOf(compiler.version())) {
            return Optional.of("the kernels of NVRTC " + compiler.version() + " need a newer driver");
        }
        if (compiler.architectures().contains(target.architecture())) {
            return Optional.empty();
        }
        Optional<Integer> ptx = newestBelow(target, compiler);
        if (ptx.isEmpty()) {
            return Optional.of("NVRTC " + compiler.version() + " compiles for newer GPUs only");
        }
        return driver.runsPtxOf(compiler.version())
                ? Optional.empty()
                : Optional.of("NVRTC " + compiler.version() + " knows neither this GPU nor this driver");
    }

    /** Why the prebuilt kernels are none for that GPU, as a clause. */
    private Optional<String> noPrebuilt(GpuTarget target) {
        if (choice == Choice.NVRTC) {
            return Optional.of(choice.option() + " excludes the prebuilt kernels");
        }
        if (prebuilt.isEmpty()) {
            return Optional.of("this build of Gossamer has no prebuilt kernels");
        }
        if (choice == Choice.AUTO && !prebuilt.get().madeOf(sources)) {
            return Optional.of(
                    "the prebuilt kernels were made of other sources (engine-cuda/build-kernels renews them)");
        }
        return prebuilt.get().refusal(target);
    }

    private KernelImage prebuilt(GpuTarget target, String because) {
        PrebuiltKernels kernels = prebuilt.orElseThrow();
        if (!kernels.madeOf(sources)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: the prebuilt kernels were made of other sources than this build has",
                    choice.option());
        }
        return kernels.image(target, because);
    }

    private KernelImage compiled(GpuTarget target, KernelCompiler compiler) {
        String architecture = architecture(target, compiler);
        List<String> options = new ArrayList<>(KernelSources.OPTIONS);
        options.add(LAMBDAS);
        options.add("--gpu-architecture=" + architecture);
        String by = "NVRTC " + compiler.version();
        String entry = architecture + "-" + Digests.sha256(sources.digest() + "\n" + by + "\n" + options) + ".cubin";
        String what = "compiled by " + by + " for " + architecture;
        Optional<byte[]> kept = cache.read(entry);
        if (kept.isPresent()) {
            return new KernelImage(kept.get(), what + " in an earlier run, " + cache.describe());
        }
        byte[] image = compiler.compile(sources, options);
        return new KernelImage(image, what + ", " + cache.write(entry, image));
    }

    /** Machine code for a GPU that the compiler knows; for a newer one PTX, which the driver compiles. */
    private static String architecture(GpuTarget target, KernelCompiler compiler) {
        return compiler.architectures().contains(target.architecture())
                ? "sm_" + target.architecture()
                : "compute_" + newestBelow(target, compiler).orElseThrow();
    }

    private static Optional<Integer> newestBelow(GpuTarget target, KernelCompiler compiler) {
        return compiler.architectures().stream()
                .filter(known -> known < target.architecture())
                .max(Integer::compare);
    }
}
