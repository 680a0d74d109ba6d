package dev.gossamer.cuda.device;

/** A release of CUDA. Machine code runs on drivers of the same major version or a later one, PTX needs the minor one too. */
record CudaVersion(int major, int minor) implements Comparable<CudaVersion> {

    /** @param text "13.0.88" or "13.0" */
    static CudaVersion parse(String text) {
        String[] parts = text.strip().split("\\.", -1);
        if (parts.length < 2) {
            throw new IllegalArgumentException("'" + text + "' is no version of CUDA");
        }
        return new CudaVersion(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    boolean runsMachineCodeOf(CudaVersion compiler) {
        return major >= compiler.major;
    }

    boolean runsPtxOf(CudaVersion compiler) {
        return compareTo(compiler) >= 0;
    }

    @Override
    public int compareTo(CudaVersion other) {
        return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
