package dev.gossamer.cuda.device;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Where nvcc is, a kernel that does not compile, or only with warnings or register spills, fails the build. One architecture
 * is enough for that: build-kernels, which makes what is shipped, takes no kernel that spills on any, and PrebuiltKernelsTest
 * sees that it was run. {@code -Dgossamer.kernels.check=all} compiles for all of them here as well. The result is kept in target/
 * until a source changes; target/kernels.txt lists what each kernel takes.
 */
class NvccTest {

    private static final Path SCRIPT = Path.of("build-kernels").toAbsolutePath();
    private static final Path OUT = Path.of("target", "kernels").toAbsolutePath();
    private static final int NO_NVCC = 3;

    /** As build-kernels takes them; none for all. */
    private static final List<String> ARCHITECTURES =
            "all".equals(System.getProperty("gossamer.kernels.check")) ? List.of() : List.of("sm_90");

    private static final Pattern KERNEL = Pattern.compile("Compiling entry function '(\\w+)' for '(sm_\\d+)'");
    private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

    /** What ptxas says of a kernel on an architecture. */
    private record Usage(String kernel, String architecture, int registers, int sharedBytes, int spilledBytes) {

        String amounts() {
            return sharedBytes == 0 ? Integer.toString(registers) : registers + "+" + sharedBytes + "B";
        }
    }

    @Test
    void everyKernelCompilesWithoutSpills() throws Exception {
        compileIfChanged();
        List<Usage> usages = usages(Files.readString(OUT.resolve("ptxas.log")));
        write(usages);
        assertThat(usages).isNotEmpty();
        assertThat(usages.stream().filter(usage -> usage.spilledBytes() > 0))
                .as("kernels whose registers spill to memory: use fewer, or a smaller block with __launch_bounds__")
                .isEmpty();
    }

    private static void compileIfChanged() throws Exception {
        String stamp = Digests.sha256(KernelSources.packaged().digest() + Files.readString(SCRIPT) + ARCHITECTURES);
        Path kept = OUT.resolve("stamp");
        if (Files.exists(kept) && Files.readString(kept).equals(stamp)) {
            return;
        }
        Files.deleteIfExists(kept);
        if (System.getProperty("os.name").startsWith("Windows")) {
            skip("build-kernels is a script for bash");
        }
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), OUT.toString()));
        command.addAll(ARCHITECTURES);
        Process script = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = script.waitFor();
        if (exit == NO_NVCC) {
            skip(said.strip());
        }
        assertThat(exit).as("exit code of build-kernels, which said:%n%s", said).isZero();
        Files.writeString(kept, stamp);
    }

    private static void skip(String reason) {
        System.out.println("Kernels were not compiled: " + reason);
        abort(reason);
    }

    private static List<Usage> usages(String log) {
        return Stream.of(log.split("(?=ptxas info\\s*: Compiling entry function)"))
                .filter(part -> KERNEL.matcher(part).find())
                .map(NvccTest::usage)
                .toList();
    }

    private static Usage usage(String part) {
        Matcher kernel = KERNEL.matcher(part);
        assertThat(kernel.find()).isTrue();
        Matcher spills = SPILLS.matcher(part);
        Matcher registers = REGISTERS.matcher(part);
        assertThat(spills.find() && registers.find()).as(part).isTrue();
        Matcher shared = SHARED.matcher(part);
        return new Usage(
                kernel.group(1),
                kernel.group(2),
                Integer.parseInt(registers.group(1)),
                shared.find() ? Integer.parseInt(shared.group(1)) : 0,
                Integer.parseInt(spills.group(1)) + Integer.parseInt(spills.group(2)));
    }

    /** A line per kernel, a column per architecture: registers, and bytes of static shared memory where there are any. */
    private static void write(List<Usage> usages) throws IOException {
        SortedMap<String, List<Usage>> byKernel =
                usages.stream().collect(groupingBy(Usage::kernel, TreeMap::new, toList()));
        StringBuilder table = new StringBuilder();
        byKernel.values().stream()
                .limit(1)
                .forEach(row ->
                        line(table, "registers + shared bytes", row.stream().map(Usage::architecture)));
        byKernel.forEach((kernel, row) -> line(table, kernel, row.stream().map(Usage::amounts)));
        Files.writeString(OUT.resolveSibling("kernels.txt"), table);
    }

    private static void line(StringBuilder table, String name, Stream<String> cells) {
        table.append(String.format(Locale.ROOT, "%-32s", name));
        cells.forEach(cell -> table.append(String.format(Locale.ROOT, " %9s", cell)));
        table.append(System.lineSeparator());
    }
}
