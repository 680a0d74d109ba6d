package dev.gossamer.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gossamer.testkit.BackendUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * Kernel logic without a GPU: stand-ins of the driver, cuBLAS and cuSPARSE that run on the CPU, below the real JCuda. This
 * class builds them, loads them into this JVM, and asks them what they saw. What runs here is never said to have run on a
 * GPU.
 *
 * <p>Streams are lazy (work runs when somebody waits for it), fresh device memory is NaN, and memory ends at pages that
 * nobody may touch; src/test/cpp says more.
 */
@SuppressWarnings("restricted") // calls the stand-ins
final class Emulator {

    /** System property of the test run that uses the emulator; without it, it is never loaded. */
    static final String PROPERTY = "gossamer.cuda.emulated";

    /** The folder of the module engine-cuda with the sources to build, for tests of other modules. */
    private static final String MODULE = "gossamer.cuda.emulator.module";

    /** The name for {@value BackendUnderTest#REQUIRE}: without a compiler tests then fail instead of being skipped. */
    static final String REQUIRED_NAME = "cuda-emulated";

    /** Bytes of memory that the emulated GPU has where a test sets no other. */
    static final long MEMORY = 2L << 30;

    /** Order in which the threads of a block run between two barriers. */
    static final int ASCENDING = 0;

    static final int DESCENDING = 1;

    private static @Nullable Supplier<Emulator> outcome;

    private final NativeBuild build;
    private final Path folder;
    private final SymbolLookup driver;
    private final SymbolLookup cublas;
    private final SymbolLookup cusparse;

    private Emulator(NativeBuild build, Path folder) {
        this.build = build;
        this.folder = folder;
        driver = load(folder.resolve("libcuda.so.1"));
        cublas = load(folder.resolve("libcublas.so.12"));
        cusparse = load(folder.resolve("libcusparse.so.12"));
    }

    /** Whether this test run is the one on the emulator. */
    static boolean wanted() {
        return Boolean.getBoolean(PROPERTY);
    }

    /**
     * The emulator of this JVM, with the backend's kernels; the first call builds and loads it. Must come before the first
     * use of a JCuda class.
     *
     * @throws TestAbortedException without a C++ compiler, or on another system than Linux on x86-64
     */
    static synchronized Emulator load() {
        if (!wanted()) {
            throw new IllegalStateException("The emulator is loaded only under -D" + PROPERTY + "=true");
        }
        if (outcome == null) {
            outcome = attempt();
        }
        return outcome.get();
    }

    /** What every call of {@link #load()} gets: the emulator, or why there is none. */
    private static Supplier<Emulator> attempt() {
        try {
            Emulator emulator = open();
            return () -> emulator;
        } catch (TestAbortedException e) {
            return () -> {
                throw refused(e.getMessage());
            };
        } catch (IOException e) {
            return () -> {
                throw new UncheckedIOException(e);
            };
        }
    }

    private static RuntimeException refused(String reason) {
        boolean required = Arrays.asList(
                        System.getProperty(BackendUnderTest.REQUIRE, "").split(","))
                .contains(REQUIRED_NAME);
        return required
                ? new IllegalStateException(
                        reason + " (required by -D" + BackendUnderTest.REQUIRE + "=" + REQUIRED_NAME + ")")
                : new TestAbortedException(reason);
    }

    private static Emulator open() throws IOException {
        if (!System.getProperty("os.name").startsWith("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            throw new TestAbortedException("The CUDA emulator runs on Linux on x86-64 only");
        }
        Optional<String> compiler = NativeBuild.findCompiler();
        if (compiler.isEmpty()) {
            throw new TestAbortedException(
                    "The CUDA emulator needs a C++ compiler: neither g++ nor clang++ is on PATH");
        }
        Path module = Path.of(System.getProperty(MODULE, System.getProperty("basedir", "")));
        NativeBuild build = NativeBuild.with(
                compiler.get(),
                module.resolve("src/test/cpp").toAbsolutePath(),
                module.resolve("target/emulator").toAbsolutePath());
        Emulator emulator = new Emulator(build, build.libraries().toAbsolutePath());
        System.setProperty("gossamer.cuda.libraries", emulator.folder().toString()); // and nothing else, so no NVRTC
        emulator.add("backend", module.resolve("src/main/cuda/all.cu"));
        return emulator;
    }

    private static SymbolLookup load(Path library) {
        System.load(library.toString()); // by its full name, so that JCuda's natives find it by its short one
        return SymbolLookup.libraryLookup(library, Arena.global());
    }

    /** Where libcuda.so.1, libcublas.so.12 and libcusparse.so.12 lie. */
    Path folder() {
        return folder;
    }

    /**
     * Compiles kernels of a test.
     *
     * @return an image for {@code cuModuleLoadData}
     */
    byte[] image(String name, Path source) throws IOException {
        add(name, source);
        return ("gossamer emulated module " + name + "\0").getBytes(StandardCharsets.UTF_8);
    }

    private void add(String name, Path source) throws IOException {
        if (!Files.exists(source)) {
            throw new IOException("No such kernels: " + source.toAbsolutePath());
        }
        Path library = build.kernels(source, folder).toAbsolutePath();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment error = (MemorySegment) call(
                    handle(driver, "emulator_add_library", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS)),
                    arena.allocateFrom(name),
                    arena.allocateFrom(library.toString()));
            if (error.address() != 0) {
                throw new IOException("Cannot load " + library + ": " + text(error));
            }
        }
    }

    // What the driver has alive.

    long liveBytes() {
        return ask(driver, "emulator_live_bytes");
    }

    long liveAllocations() {
        return ask(driver, "emulator_live_allocations");
    }

    long liveStreams() {
        return ask(driver, "emulator_live_streams");
    }

    long liveEvents() {
        return ask(driver, "emulator_live_events");
    }

    long liveModules() {
        return ask(driver, "emulator_live_modules");
    }

    long liveGraphs() {
        return ask(driver, "emulator_live_graphs");
    }

    /** Ranges of host memory that are pinned. */
    long pinnedRanges() {
        return ask(driver, "emulator_pinned_ranges");
    }

    long contextRetains() {
        return ask(driver, "emulator_primary_context_retains");
    }

    long cublasHandles() {
        return ask(cublas, "emulator_cublas_handles");
    }

    long cusparseHandles() {
        return ask(cusparse, "emulator_cusparse_handles");
    }

    /** Matrix and vector descriptors of cuSPARSE. */
    long cusparseDescriptors() {
        return ask(cusparse, "emulator_cusparse_descriptors");
    }

    /** Allocations, streams, events and modules that were left when a context ended; those are no longer alive. */
    long leaked() {
        return ask(driver, "emulator_leaked");
    }

    /** Launches of a kernel, or calls of a library's product, since {@link #clearLaunches()}. */
    long launches(String kernel) {
        try (Arena arena = Arena.ofConfined()) {
            return launches(arena.allocateFrom(kernel));
        }
    }

    /** Launches of all kernels, products of libraries and fills with bytes since {@link #clearLaunches()}. */
    long launches() {
        return launches(MemorySegment.NULL);
    }

    private long launches(MemorySegment name) {
        return (long) call(handle(driver, "emulator_launches", FunctionDescriptor.of(JAVA_LONG, ADDRESS)), name);
    }

    /** How often a thread has waited for what the GPU had not done yet. */
    long waits() {
        return ask(driver, "emulator_waits");
    }

    void clearLaunches() {
        call(handle(driver, "emulator_clear_launches", FunctionDescriptor.ofVoid()));
    }

    /**
     * What the program under test did wrong: launches that failed, memory freed twice, written outside of a buffer, and so
     * on.
     */
    List<String> errors() {
        MethodHandle error = handle(driver, "emulator_error", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
        List<String> errors = new ArrayList<>();
        for (long i = 0; i < ask(driver, "emulator_errors"); i++) {
            errors.add(text((MemorySegment) call(error, i)));
        }
        return errors;
    }

    /** Forgets errors and leaks, and mends a context that a failed launch broke. */
    void clearErrors() {
        call(handle(driver, "emulator_clear_errors", FunctionDescriptor.ofVoid()));
    }

    // What tests set.

    /** {@link #ASCENDING}, {@link #DESCENDING}, or the seed, above 1, of a shuffle. */
    void setOrder(int order) {
        call(handle(driver, "emulator_set_order", FunctionDescriptor.ofVoid(JAVA_INT)), order);
    }

    /** Whether kernels and products of libraries are counted but not run: for models too large to emulate. */
    void setIdle(boolean idle) {
        call(handle(driver, "emulator_set_idle", FunctionDescriptor.ofVoid(JAVA_INT)), idle ? 1 : 0);
    }

    /** How many GPUs there are, from 1 to 4. */
    void setDevices(int devices) {
        call(handle(driver, "emulator_set_devices", FunctionDescriptor.ofVoid(JAVA_INT)), devices);
    }

    /** Size of each GPU's memory; allocations above it fail. */
    void setTotalBytes(long bytes) {
        call(handle(driver, "emulator_set_total_bytes", FunctionDescriptor.ofVoid(JAVA_LONG)), bytes);
    }

    /** A device attribute, by its number in the driver API. */
    void setAttribute(int attribute, int value) {
        call(handle(driver, "emulator_set_attribute", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT)), attribute, value);
    }

    private static long ask(SymbolLookup library, String function) {
        return (long) call(handle(library, function, FunctionDescriptor.of(JAVA_LONG)));
    }

    private static MethodHandle handle(SymbolLookup library, String function, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(function), type);
    }

    private static Object call(MethodHandle function, Object... arguments) {
        try {
            return function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError("The emulator's functions throw nothing", e);
        }
    }

    private static String text(MemorySegment string) {
        return string.reinterpret(Long.MAX_VALUE).getString(0);
    }
}
