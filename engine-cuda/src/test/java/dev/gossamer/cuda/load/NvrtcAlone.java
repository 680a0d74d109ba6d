package dev.gossamer.cuda.load;

/** NVRTC without a driver, which it does not need: for tests on machines without a GPU, in a JVM of their own. */
public final class NvrtcAlone {

    private static final int A_NEW_DRIVER = 13_990;

    private NvrtcAlone() {}

    /** Loads the NVRTC that {@link CudaLoader} would load under a driver that knows every CUDA. */
    public static LibraryStatus load() {
        Machine machine = Machine.here();
        return new LibraryLoading(machine, new LibrarySearch(machine, PythonWheels::ask), A_NEW_DRIVER)
                .load(CudaLibrary.NVRTC);
    }
}
