package dev.gossamer.cuda.load;

import dev.gossamer.cuda.load.LibraryStatus.Missing;
import dev.gossamer.cuda.load.LibraryStatus.Usable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jcuda.jcublas.JCublas2;
import jcuda.jcusparse.JCusparse;
import jcuda.nvrtc.JNvrtc;

/**
 * Loads CUDA's libraries and JCuda's classes for them. A library is loaded by its path, after the one that it needs, so
 * that the linker later finds both by their names, wherever they are. The CUDA of the best folder is taken, as far as the
 * driver knows it: 12, for which JCuda was built, or 13, for which its JNI libraries are retargeted.
 */
final class LibraryLoading {

    private static final int JCUDAS = 12;
    private static final int NEWEST = 13;
    private static final Pattern JIT_LINK = Pattern.compile("libnvJitLink\\.so\\.(\\d{1,4})");

    private final Machine machine;
    private final LibrarySearch search;
    private final int driverVersion;

    /**
     * A loading.
     *
     * @param driverVersion the newest CUDA that the driver knows, as 1000 * major + 10 * minor
     */
    LibraryLoading(Machine machine, LibrarySearch search, int driverVersion) {
        this.machine = machine;
        this.search = search;
        this.driverVersion = driverVersion;
    }

    private record Candidate(CudaLibrary library, int major, SearchFolder folder, Path file) {}

    /** Loads the library. To be called once for each in a JVM. */
    LibraryStatus load(CudaLibrary library) {
        try {
            Candidate candidate = choose(library);
            boolean retargeted = candidate.major != JCUDAS && library != CudaLibrary.CUSPARSE;
            preload(candidate);
            JcudaNatives.load(library.binding(), retargeted ? patch(candidate) : JcudaNatives.Patch.NONE);
            return new Usable(version(candidate), candidate.file, candidate.folder.origin(), retargeted);
        } catch (RefusedException e) {
            return new Missing(e.why());
        }
    }

    private JcudaNatives.Patch patch(Candidate candidate) {
        return image -> ElfRetarget.retarget(
                image,
                candidate.library.file(JCUDAS, machine.windows()),
                candidate.library.file(candidate.major, machine.windows()));
    }

    private Candidate choose(CudaLibrary library) throws RefusedException {
        Optional<Candidate> known = candidates(library)
                .filter(candidate -> candidate.major <= driverVersion / 1000)
                .findFirst();
        if (known.isPresent()) {
            return known.get();
        }
        Optional<Candidate> tooNew = candidates(library).findFirst();
        if (tooNew.isPresent()) {
            throw new RefusedException(Trouble.NEW_LIBRARY.because(
                    null, library.title(), tooNew.get().major, tooNew.get().file, Driver.text(driverVersion)));
        }
        throw new RefusedException(Trouble.NO_LIBRARY.because(
                null, library.title(), String.join(" or ", names(library)), search.describe()));
    }

    private Stream<Candidate> candidates(CudaLibrary library) {
        return search.folders()
                .flatMap(folder -> names(library).stream()
                        .map(folder.path()::resolve)
                        .filter(Files::isRegularFile)
                        .map(file -> new Candidate(library, major(library, file), folder, file)));
    }

    /** File names, the newest CUDA first. JCuda's natives for Windows ask for CUDA 12, and are not retargeted. */
    private List<String> names(CudaLibrary library) {
        return IntStream.iterate(machine.windows() ? JCUDAS : NEWEST, major -> major >= JCUDAS, major -> major - 1)
                .mapToObj(major -> library.file(major, machine.windows()))
                .distinct()
                .toList();
    }

    /** The CUDA that a library belongs to. The name does not tell for cuSPARSE, but what it needs does. */
    private int major(CudaLibrary library, Path file) {
        if (library == CudaLibrary.CUSPARSE) {
            return machine.windows() ? JCUDAS : majorOfCusparse(file);
        }
        boolean jcudas = file.endsWith(library.file(JCUDAS, machine.windows()));
        return jcudas ? JCUDAS : NEWEST;
    }

    private static int majorOfCusparse(Path file) {
        try {
            return NativeFile.read(file).needed().stream()
                    .map(name -> JIT_LINK.matcher(name.text()))
                    .filter(Matcher::matches)
                    .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
                    .findFirst()
                    .orElse(JCUDAS);
        } catch (IOException e) {
            return JCUDAS; // loading it will tell what is wrong with it
        }
    }

    private void preload(Candidate candidate) throws RefusedException {
        List<Path> files = new ArrayList<>(companions(candidate));
        files.add(candidate.file);
        for (Path file : files) {
            try {
                NativeFile.load(file, machine.windows());
            } catch (IllegalCallerException e) {
                throw new RefusedException(Trouble.NATIVE_ACCESS.because(e, JcudaNatives.text(e)));
            } catch (UnsatisfiedLinkError | IOException e) {
                throw new RefusedException(
                        Trouble.BROKEN_LIBRARY.because(e, candidate.library.title(), file, JcudaNatives.text(e)));
            }
        }
    }

    /** Beside the library; else, as in the wheels of CUDA 12, in another folder. */
    private List<Path> companions(Candidate candidate) {
        Pattern name = candidate.library.companion(candidate.major, machine.windows());
        return Stream.concat(Stream.of(candidate.folder), search.folders())
                .map(folder -> matching(folder.path(), name))
                .filter(files -> !files.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private static List<Path> matching(Path folder, Pattern name) {
        return LibrarySearch.children(folder, "*").stream()
                .filter(file -> name.matcher(file.getFileName().toString()).matches())
                .toList();
    }

    /** What the library says of itself, which proves that JCuda reaches it. */
    private static String version(Candidate candidate) throws RefusedException {
        int[] first = {0};
        int[] second = {0};
        int[] third = {0};
        try {
            int error = switch (candidate.library) {
                case CUBLAS ->
                    JCublas2.cublasGetProperty(0, first)
                            | JCublas2.cublasGetProperty(1, second)
                            | JCublas2.cublasGetProperty(2, third);
                case CUSPARSE ->
                    JCusparse.cusparseGetProperty(0, first)
                            | JCusparse.cusparseGetProperty(1, second)
                            | JCusparse.cusparseGetProperty(2, third);
                case NVRTC -> JNvrtc.nvrtcVersion(first, second);
            };
            if (error != 0) {
                throw new RefusedException(Trouble.BROKEN_LIBRARY.because(
                        null, candidate.library.title(), candidate.file, "it answers " + error + " to its version"));
            }
        } catch (LinkageError e) {
            throw new RefusedException(
                    Trouble.BROKEN_LIBRARY.because(e, candidate.library.title(), candidate.file, JcudaNatives.text(e)));
        }
        String version = first[0] + "." + second[0];
        return candidate.library == CudaLibrary.NVRTC ? version : version + "." + third[0];
    }
}
