import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Links the Java run-time of the archive, and writes what the archive is into {@code VERSION}. Arguments: the folder to
 * write to, the version, the modules, the JVM flags to bake in. Runs from source on the JDK to be linked.
 */
final class Image {

    private Image() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Path target = Path.of(args[0]);
        Path image = target.resolve("image");
        // Class files go in uncompressed: xz does better with them than with what jlink makes of them (14 against 20 MB).
        // jlink takes a value that begins with two dashes for a missing one, hence the space; and the JVM reads the options
        // itself, without the launcher's liberty of a value in a word of its own.
        // Natives of a release JDK have no debug symbols, so that objcopy is not needed.
        int status = ToolProvider.findFirst("jlink")
                .orElseThrow(() -> new IllegalStateException("this JDK has no jlink: " + System.getProperty("java.home")))
                .run(
                        System.out,
                        System.err,
                        "--add-modules=" + args[2],
                        "--add-options= " + args[3].replace("--add-modules ", "--add-modules="),
                        "--strip-java-debug-attributes",
                        "--no-header-files",
                        "--no-man-pages",
                        "--compress=zip-0",
                        "--vm=server",
                        "--output=" + image);
        if (status != 0) {
            System.exit(status);
        }
        String version = "version=" + args[1] + "\ncommit=" + commit() + "\njdk=" + Runtime.version() + "\n";
        Files.writeString(target.resolve("VERSION"), version);
    }

    /** The commit, with a plus where files differ from it; unknown outside a clone. */
    private static String commit() throws InterruptedException {
        try {
            String commit = git("rev-parse", "HEAD");
            return commit + (git("status", "--porcelain").isEmpty() ? "" : "+");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String git(String... arguments) throws IOException, InterruptedException {
        List<String> command = Stream.concat(Stream.of("git"), Stream.of(arguments)).toList();
        Process git = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String out = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (git.waitFor() != 0) {
            throw new IOException("git failed");
        }
        return out.strip();
    }
}
