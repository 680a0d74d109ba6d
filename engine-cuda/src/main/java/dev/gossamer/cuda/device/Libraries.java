package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import org.jspecify.annotations.Nullable;

/**
 * Which CUDA libraries can be used. What needs a missing one is refused by name; everything else works.
 *
 * @param cublasMissing why cuBLAS cannot be used and what to do, or null where it can
 * @param cusparseMissing the same for cuSPARSE
 * @param nvrtcMissing why NVRTC cannot be used, as a clause, or null where it can; prebuilt kernels may serve then
 */
public record Libraries(
        @Nullable String cublasMissing,
        @Nullable String cusparseMissing,
        @Nullable String nvrtcMissing) {

    void requireCublas() {
        require("dense products", "cuBLAS", cublasMissing);
    }

    void requireCusparse() {
        require("sparse products", "cuSPARSE", cusparseMissing);
    }

    private static void require(String what, String library, @Nullable String missing) {
        if (missing != null) {
            throw new EngineException("Backend cuda needs " + library + " for " + what + ": " + missing);
        }
    }
}
