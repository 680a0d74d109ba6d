package dev.gossamer.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The backend's launches and the kernels know each other by name only, and not every machine has what runs them. */
class KernelNamesTest {

    private static final Pattern KERNEL =
            Pattern.compile("__global__\\s+void\\s+(?:__launch_bounds__\\([^)]*\\)\\s*)?(\\w+)\\(");

    /** Where kernels are launched, their names are the only strings of this form. */
    private static final Pattern NAME = Pattern.compile("\"([a-z]+(?:_[a-z0-9]+)+)\"");

    @Test
    void everyLaunchHasItsKernelAndEveryKernelIsLaunched() throws IOException {
        try (Stream<Path> backend = Files.walk(Path.of("src/main/java"))) {
            Stream<String> launching = backend.filter(Files::isRegularFile)
                    .map(KernelNamesTest::text)
                    .filter(text -> text.contains(".kernel("));
            assertThat(found(NAME, launching))
                    .isNotEmpty()
                    .containsExactlyInAnyOrderElementsOf(kernels().toList());
        }
    }

    /** Of the sources. */
    static Stream<String> kernels() {
        return found(KERNEL, KernelSources.packaged().files().values().stream());
    }

    private static Stream<String> found(Pattern pattern, Stream<String> texts) {
        return texts.flatMap(text -> pattern.matcher(text).results())
                .map(match -> match.group(1))
                .distinct();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
