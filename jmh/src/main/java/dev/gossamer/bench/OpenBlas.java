package dev.gossamer.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * OpenBLAS on one thread: the library that bytedeco packs, called by its address.
 *
 * <p>Bytedeco's own binding is left alone: oneMKL exports functions of the same names to the whole process, so that in a
 * process with both, {@code cblas_sgemm} of that binding is oneMKL's.
 *
 * <p>OpenBLAS chooses its kernels when it is loaded. What the environment says about that is taken back before, as it is meant
 * for other programs and may name a processor of ten years ago; {@link #core()} tells what was chosen.
 */
@SuppressWarnings("restricted") // foreign functions are what this is about
final class OpenBlas {

    private static final int ROW_MAJOR = 101;
    private static final int NO_TRANSPOSE = 111;
    private static final int TRANSPOSE = 112;

    /** In the order in which they need each other. */
    private static final List<String> LIBRARIES =
            List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

    private static final List<String> CHOICES = List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE");

    private static final Linker LINKER = Linker.nativeLinker();

    /** The library, or why there is none. */
    private sealed interface Loaded {

        record Library(MethodHandle sgemm, String core, String config) implements Loaded {}

        record Missing(String objection) implements Loaded {}
    }

    private static final Loaded LOADED = load();

    private OpenBlas() {}

    private static Loaded load() {
        try {
            forgetChoices();
            SymbolLookup library = open();
            LINKER.downcallHandle(
                            find(library, "openblas_set_num_threads"), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
                    .invoke(1);
            return new Loaded.Library(
                    LINKER.downcallHandle(find(library, "cblas_sgemm"), sgemm()),
                    text(library, "openblas_get_corename"),
                    text(library, "openblas_get_config"));
        } catch (Throwable e) {
            return new Loaded.Missing("OpenBLAS could not be loaded (" + e.getMessage()
                    + "); it exists for Linux on x86-64, in the folder `peers` beside benchmarks.jar");
        }
    }

    private static void forgetChoices() throws Throwable {
        MethodHandle unset = LINKER.downcallHandle(
                find(LINKER.defaultLookup(), "unsetenv"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            for (String choice : CHOICES) {
                int status = (int) unset.invoke(arena.allocateFrom(choice));
                if (status != 0) {
                    throw new IllegalStateException("unsetenv " + choice + " returned " + status);
                }
            }
        }
    }

    /** Unpacks all libraries into one folder, where each finds the ones it needs. */
    private static SymbolLookup open() throws IOException {
        SymbolLookup last = null;
        for (String name : LIBRARIES) {
            String resource = "org/bytedeco/openblas/linux-x86_64/" + name;
            URL packed = OpenBlas.class.getClassLoader().getResource(resource);
            if (packed == null) {
                throw new IOException("no " + resource + " on the class path");
            }
            Path unpacked = Loader.cacheResource(packed).toPath();
            last = SymbolLookup.libraryLookup(unpacked, Arena.global());
        }
        return Objects.requireNonNull(last);
    }

    private static MemorySegment find(SymbolLookup library, String name) {
        return library.find(name).orElseThrow(() -> new IllegalStateException("no function " + name));
    }

    private static String text(SymbolLookup library, String function) throws Throwable {
        MemorySegment text = (MemorySegment)
                LINKER.downcallHandle(find(library, function), FunctionDescriptor.of(ValueLayout.ADDRESS))
                        .invoke();
        return text.reinterpret(1000).getString(0).strip();
    }

    private static FunctionDescriptor sgemm() {
        return FunctionDescriptor.ofVoid(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_FLOAT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_FLOAT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT);
    }

    /** Why it cannot run here; null when it can. */
    static @Nullable String objection() {
        return LOADED instanceof Loaded.Missing missing ? missing.objection : null;
    }

    private static Loaded.Library library() {
        return switch (LOADED) {
            case Loaded.Library library -> library;
            case Loaded.Missing missing -> throw new IllegalStateException(missing.objection);
        };
    }

    /** The processor whose kernels it runs, in its words. */
    static String core() {
        return library().core;
    }

    /** Its version and how it was built. */
    static String version() {
        return library().config + ", kernels for " + core();
    }

    /** {@code cblas_sgemm}; the zeros of a problem's matrix are multiplied too. */
    static final class Dense implements Contender {

        private final Arena arena = Arena.ofShared();
        private final MethodHandle sgemm = library().sgemm;
        private final MemorySegment a;
        private final MemorySegment b;
        private final MemorySegment c;
        private final int rows;
        private final int depth;
        private final int columns;
        private final boolean transposed;

        Dense(SpmmProblem problem) {
            this.rows = problem.rows();
            this.depth = problem.depth();
            this.columns = problem.columns;
            this.transposed = problem.transposed;
            this.a = floats(problem.denseA());
            this.b = floats(problem.b);
            this.c = floats(new float[rows * columns]);
        }

        private MemorySegment floats(float[] numbers) {
            MemorySegment segment = arena.allocate(4L * Math.max(1, numbers.length), 64);
            MemorySegment.copy(numbers, 0, segment, ValueLayout.JAVA_FLOAT, 0, numbers.length);
            return segment;
        }

        @Override
        public void run() {
            try {
                sgemm.invokeExact(
                        ROW_MAJOR,
                        transposed ? TRANSPOSE : NO_TRANSPOSE,
                        NO_TRANSPOSE,
                        rows,
                        columns,
                        depth,
                        1f,
                        a,
                        transposed ? rows : depth,
                        b,
                        columns,
                        0f,
                        c,
                        columns);
            } catch (Throwable e) {
                throw new IllegalStateException("cblas_sgemm failed", e);
            }
        }

        @Override
        public float[] result() {
            return c.toArray(ValueLayout.JAVA_FLOAT);
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
