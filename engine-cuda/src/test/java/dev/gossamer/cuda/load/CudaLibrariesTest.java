package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loads and links NVIDIA's own libraries, where they are installed; a GPU is not needed. */
class CudaLibrariesTest {

    @TempDir
    Path work;

    /** The child finds the libraries as any program would. */
    private ChildJvm.Result load(CudaLibrary library, String... arguments) throws IOException {
        Machine here = Machine.here();
        LibrarySearch search = new LibrarySearch(here, PythonWheels::ask);
        boolean found = Stream.of(13, 12)
                .anyMatch(major -> search.find(library.file(major, false)).isPresent());
        assumeTrue(found, library.title() + " is not installed here: name its folder in " + LibrarySearch.VARIABLE);

        ChildJvm jvm = new ChildJvm(work);
        String folders = here.property(LibrarySearch.PROPERTY).isEmpty()
                ? here.variable(LibrarySearch.VARIABLE)
                : here.property(LibrarySearch.PROPERTY);
        if (!folders.isEmpty()) {
            jvm.flag("-D" + LibrarySearch.PROPERTY + "=" + folders);
        }
        ChildJvm.Result result = jvm.run(LibrariesMain.class, arguments);
        assertThat(result.value(library.name())).as("%s", result).isNotEqualTo("missing");
        assertThat(result.err()).isEmpty();
        try (Stream<Path> left = Files.list(jvm.temporary())) {
            assertThat(left.filter(path -> !path.getFileName().toString().startsWith("hsperfdata")))
                    .isEmpty();
        }
        return result;
    }

    /** The library is of the CUDA whose file was found, and the JNI library was changed for all but CUDA 12. */
    private static void assertLinked(ChildJvm.Result result, CudaLibrary library) {
        String file = result.value(library + ".file");
        String major = result.value(library.name()).replaceFirst("\\..*", "");
        assertThat(major).isIn("12", "13");
        assertThat(file).contains(library.file(Integer.parseInt(major), false));
        boolean changed = !major.equals("12");
        assertThat(result.value(library + ".retargeted")).isEqualTo(Boolean.toString(changed));
    }

    @Test
    void cublasTellsItsVersionThroughJcuda() throws IOException {
        assertLinked(load(CudaLibrary.CUBLAS, "13000"), CudaLibrary.CUBLAS);
    }

    @Test
    void cusparseTellsItsVersionThroughJcuda() throws IOException {
        assertLinked(load(CudaLibrary.CUSPARSE, "13000"), CudaLibrary.CUSPARSE);
    }

    @Test
    void nvrtcCompilesThroughJcuda() throws IOException {
        ChildJvm.Result result = load(CudaLibrary.NVRTC, "13000", "sm_90");

        assertLinked(result, CudaLibrary.NVRTC);
        assertThat(List.of(result.value("ptx.entry"), result.value("cubin.elf")))
                .containsOnly("true");
    }
}
