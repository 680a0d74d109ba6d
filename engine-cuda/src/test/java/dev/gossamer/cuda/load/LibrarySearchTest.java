package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {

    private static final String LIBRARY = "libcublas.so.13";

    @TempDir
    Path root;

    private final Map<String, String> env = new HashMap<>();
    private final Properties properties = new Properties();
    private final List<Path> ofPython = new ArrayList<>();
    private int asked;

    private LibrarySearch search() {
        properties.putIfAbsent("os.name", "Linux");
        return new LibrarySearch(new Machine(root, env, properties), () -> {
            asked++;
            return ofPython;
        });
    }

    /** Puts the library into a folder below the root. */
    private Path install(String folder) throws IOException {
        Path path = root.resolve(folder);
        Files.createDirectories(path);
        Files.createFile(path.resolve(LIBRARY));
        return path;
    }

    private void assertFound(Path folder, String origin) {
        assertThat(search().find(LIBRARY)).contains(new SearchFolder(folder, origin));
    }

    @Test
    void eachPlaceIsBetterThanTheNext() throws IOException {
        Path packages = root.resolve("py/nvidia");
        ofPython.add(packages);
        assertThat(search().find(LIBRARY)).isEmpty();

        assertFound(install("py/nvidia/cu13/lib"), "Python's wheels");
        assertFound(install("usr/lib/python3/dist-packages/nvidia/cu13/lib"), "Python's wheels");
        env.put("CONDA_PREFIX", root.resolve("conda").toString());
        assertFound(install("conda/lib"), "CONDA_PREFIX");
        assertFound(install("opt/cuda/lib64"), "the usual folders");
        assertFound(install("usr/local/cuda-12.4/targets/x86_64-linux/lib"), "the usual folders");
        assertFound(install("usr/local/cuda-13.0/lib64"), "the usual folders");
        assertFound(install("usr/local/cuda/lib64"), "the usual folders");
        assertFound(install("usr/lib/x86_64-linux-gnu"), "the linker's folders");
        env.put("LD_LIBRARY_PATH", "/nowhere:" + root.resolve("ld") + ":");
        assertFound(install("ld"), "LD_LIBRARY_PATH");
        env.put("CUDA_HOME", root.resolve("home").toString());
        assertFound(install("home/lib64"), "CUDA_HOME");
        env.put("CUDA_PATH", root.resolve("path").toString());
        assertFound(install("path/lib64"), "CUDA_PATH");
        env.put(LibrarySearch.VARIABLE, root.resolve("mine").toString());
        assertFound(install("mine"), "variable GOSSAMER_CUDA_LIBRARIES");
        properties.setProperty(LibrarySearch.PROPERTY, root.resolve("yours").toString());
        assertFound(install("yours"), "system property gossamer.cuda.libraries");
    }

    @Test
    void foldersThatAreNamedAreTheOnlyOnes() throws IOException {
        install("usr/local/cuda/lib64");
        ofPython.add(root.resolve("py/nvidia"));
        properties.setProperty(LibrarySearch.PROPERTY, root.resolve("empty").toString());

        assertThat(search().find(LIBRARY)).isEmpty();
        assertThat(search().describe())
                .isEqualTo(root.resolve("empty") + " (no such folder) (system property gossamer.cuda.libraries)");
        assertThat(asked).isZero();
    }

    @Test
    void theInterpreterIsAskedOnceAndOnlyWhenAllElseHasNothing() throws IOException {
        install("usr/local/cuda/lib64");
        LibrarySearch search = search();

        assertThat(search.find(LIBRARY)).isPresent();
        assertThat(asked).isZero();
        assertThat(search.find("libnvrtc.so.13")).isEmpty();
        assertThat(search.find("libnvrtc.so.12")).isEmpty();
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void wheelsOfCuda12AndOfCuda13AreFoundInEveryUsualPython() throws IOException {
        properties.setProperty("user.home", root.resolve("home/me").toString());
        env.put("VIRTUAL_ENV", root.resolve("venv").toString());
        List<Path> folders = List.of(
                install("venv/lib/python3.12/site-packages/nvidia/cu13/lib"),
                install("venv/lib/python3.12/site-packages/nvidia/cublas/lib"),
                install("venv/lib/python3.11/site-packages/nvidia/cublas/lib"),
                install("home/me/.local/lib/python3.10/site-packages/nvidia/cuda_nvrtc/lib"),
                install("home/me/.pyenv/versions/3.11.4/lib/python3.11/site-packages/nvidia/cusparse/lib"),
                install("usr/local/lib/python3.11/dist-packages/nvidia/nvjitlink/lib"),
                install("opt/conda/lib/python3.12/site-packages/nvidia/cu13/lib"));

        assertThat(search().folders().map(SearchFolder::path)).containsExactlyElementsOf(folders);
    }

    @Test
    void theLinkersConfigurationIsReadWithWhatItIncludes() throws IOException {
        Path etc = Files.createDirectories(root.resolve("etc/ld.so.conf.d"));
        Files.writeString(
                root.resolve("etc/ld.so.conf"), "# folders\ninclude /etc/ld.so.conf.d/*.conf\n/opt/last # the last\n");
        Files.writeString(etc.resolve("b.conf"), "/opt/b\n\ninclude /etc/ld.so.conf\n");
        Files.writeString(etc.resolve("a.conf"), "  /opt/a\n");
        Files.writeString(etc.resolve("c.disabled"), "/opt/c\n");

        assertThat(search().linkers().stream().map(SearchFolder::path))
                .startsWith(root.resolve("opt/a"), root.resolve("opt/b"), root.resolve("opt/last"))
                .contains(root.resolve("usr/lib/x86_64-linux-gnu"))
                .doesNotContain(root.resolve("opt/c"));
    }

    @Test
    void namesThatAreNoPathsAreLeftOut() throws IOException {
        env.put("LD_LIBRARY_PATH", "\0:" + root.resolve("ld"));
        env.put("CUDA_PATH", "\0");
        assertFound(install("ld"), "LD_LIBRARY_PATH");
    }

    @Test
    void onWindowsTheToolkitHasOtherFolders() throws IOException {
        properties.setProperty("os.name", "Windows 11");
        env.put("CUDA_PATH", root.resolve("v12.6").toString());
        assertFound(install("v12.6/bin"), "CUDA_PATH");
        env.put("ProgramFiles", root.resolve("programs").toString());
        env.remove("CUDA_PATH");
        assertFound(install("programs/NVIDIA GPU Computing Toolkit/CUDA/v12.4/bin"), "the usual folders");
    }

    @Test
    void aFolderIsNoLibrary() throws IOException {
        Files.createDirectories(root.resolve("usr/lib").resolve(LIBRARY));
        assertThat(search().find(LIBRARY)).isEmpty();
    }
}
