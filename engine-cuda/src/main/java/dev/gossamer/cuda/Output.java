package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Launch;
import org.jspecify.annotations.Nullable;

/** The structure {@code Output} of the kernels: where they write {@code mask ⊙ (v + beta·old)}. */
final class Output {

    private Output() {}

    /** Passes it as the launch's next argument. */
    static Launch pass(Launch launch, CudaTensor out, float beta, @Nullable CudaMask mask) {
        return launch.p(out.data())
                .word(mask == null ? 0 : mask.bits().address())
                .word(Launch.pair(out.ld, mask == null ? 0 : mask.words))
                .word(Launch.pair(out.batch, Float.floatToRawIntBits(beta)));
    }
}
