package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.IntStream;

/** The kernels that engine-cuda/build-kernels compiled: a fatbin with machine code for some architectures, and PTX. */
final class PrebuiltKernels {

    static final String FATBIN = "kernels.fatbin";
    static final String MANIFEST = "kernels.properties";

    private final byte[] fatbin;
    private final String digest;
    private final String sources;
    private final String options;
    private final CudaVersion compiler;
    private final List<String> architectures;

    PrebuiltKernels(byte[] fatbin, Properties manifest) {
        this.fatbin = fatbin;
        this.digest = value(manifest, "fatbin");
        this.sources = value(manifest, "sources");
        this.options = value(manifest, "options");
        this.compiler = CudaVersion.parse(value(manifest, "nvcc"));
        this.architectures = Arrays.asList(value(manifest, "architectures").split(" ", -1));
    }

    private static String value(Properties manifest, String key) {
        String value = manifest.getProperty(key);
        if (value == null) {
            throw new EngineException(MANIFEST + " of the prebuilt kernels lacks '" + key + "'. Run build-kernels.");
        }
        return value;
    }

    /** Those among the resources; empty when they were left out of this build. */
    static Optional<PrebuiltKernels> packaged() {
        byte[] fatbin = KernelSources.resource(FATBIN);
        byte[] manifest = KernelSources.resource(MANIFEST);
        return fatbin == null || manifest == null
                ? Optional.empty()
                : Optional.of(new PrebuiltKernels(fatbin, properties(manifest)));
    }

    private static Properties properties(byte[] text) {
        Properties properties = new Properties();
        try (InputStreamReader in = new InputStreamReader(new ByteArrayInputStream(text), StandardCharsets.UTF_8)) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    /** Whether they are what the sources say: both files come from one run of build-kernels, over these sources. */
    boolean madeOf(KernelSources others) {
        return digest.equals(Digests.hex(fatbin))
                && sources.equals(others.digest())
                && options.equals(String.join(" ", KernelSources.OPTIONS));
    }

    /** Why they do not run there, as a clause; empty when they do. */
    Optional<String> refusal(GpuTarget target) {
        if (!target.cuda().runsMachineCodeOf(compiler)) {
            return Optional.of("the prebuilt kernels need a driver of CUDA " + compiler.major() + " or newer");
        }
        if (hasMachineCode(target)) {
            return Optional.empty();
        }
        boolean ptx = numbers("compute_").anyMatch(built -> built <= target.architecture());
        if (!ptx) {
            return Optional.of("the prebuilt kernels are for newer GPUs (" + String.join(" ", architectures) + ")");
        }
        return target.cuda().runsPtxOf(compiler)
                ? Optional.empty()
                : Optional.of("the prebuilt kernels have no machine code for this GPU, and the driver would need CUDA "
                        + compiler + " to compile them");
    }

    /** Machine code runs on the same major version, at or above the minor one. */
    private boolean hasMachineCode(GpuTarget target) {
        return numbers("sm_").anyMatch(built -> built / 10 == target.major() && built <= target.architecture());
    }

    private IntStream numbers(String prefix) {
        return architectures.stream()
                .filter(name -> name.startsWith(prefix))
                .mapToInt(name -> Integer.parseInt(name.substring(prefix.length())));
    }

    /** @param because why they are used, as a clause */
    KernelImage image(GpuTarget target, String because) {
        String how = hasMachineCode(target) ? "machine code" : "PTX for the driver to compile";
        return new KernelImage(fatbin, "prebuilt by nvcc " + compiler + " (" + how + "), as " + because);
    }

    List<String> architectures() {
        return architectures;
    }
}
