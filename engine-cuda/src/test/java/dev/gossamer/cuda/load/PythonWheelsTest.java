package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The last resort: what an interpreter says, here a script in its place. */
class PythonWheelsTest {

    @TempDir
    Path work;

    /** Asks, in a child JVM. */
    static final class AskMain {

        private AskMain() {}

        public static void main(String[] args) {
            System.out.println("answer=" + PythonWheels.ask());
        }
    }

    private String answer(String script) throws IOException {
        Path shell = Path.of("/bin/sh");
        assumeTrue(Files.isExecutable(shell), "no /bin/sh to stand in for an interpreter");
        Path python = Files.createDirectories(work.resolve("bin")).resolve("python3");
        Files.writeString(python, "#!" + shell + "\n" + script + "\n");
        assumeTrue(python.toFile().setExecutable(true), "files cannot be made executable here");
        ChildJvm.Result result = new ChildJvm(work)
                .variable("PATH", python.getParent().toString())
                .run(AskMain.class);
        assertThat(result.err()).isEmpty();
        return result.value("answer");
    }

    @Test
    void eachLineIsAFolder() throws IOException {
        assertThat(answer("echo /a/nvidia; echo; echo /b/nvidia")).isEqualTo("[/a/nvidia, /b/nvidia]");
    }

    @Test
    void anInterpreterThatFailsHasNone() throws IOException {
        assertThat(answer("echo /a/nvidia; echo no module named nvidia >&2; exit 1"))
                .isEqualTo("[]");
    }

    @Test
    void noInterpreterHasNone() {
        assertThat(new ChildJvm(work)
                        .variable("PATH", work.toString())
                        .run(AskMain.class)
                        .value("answer"))
                .isEqualTo("[]");
    }

    @Test
    void theFoldersOfAPackageAreThoseThatExist() throws IOException {
        Path nvidia = work.resolve("nvidia");
        Path sparse = Files.createDirectories(nvidia.resolve("cusparse/lib"));
        Path all = Files.createDirectories(nvidia.resolve("cu13/lib"));
        Files.createDirectories(nvidia.resolve("cudnn/lib"));

        assertThat(PythonWheels.folders(nvidia)).containsExactly(all, sparse);
    }
}
