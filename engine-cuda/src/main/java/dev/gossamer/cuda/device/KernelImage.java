package dev.gossamer.cuda.device;

/** The kernels as cuModuleLoadData takes them, and where they came from. */
public final class KernelImage {

    private final byte[] bytes;
    private final String description;

    KernelImage(byte[] bytes, String description) {
        this.bytes = bytes;
        this.description = description;
    }

    /** Not copied: not to be written. */
    byte[] bytes() {
        return bytes;
    }

    /** One line, as "compiled by NVRTC 13.0 for sm_90". */
    public String describe() {
        return description;
    }
}
