package dev.gossamer.boot;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The main class of every Gossamer jar: runs the jar's real main class, which its manifest names as
 * {@code Gossamer-Main}, on a JDK 25 that has the Vector API switched on.
 *
 * <p>A jar's manifest cannot ask for {@code --add-modules}, and the {@code java} on the path is often an older one.
 * When the running JVM will do, the real main is called in this process; otherwise a JDK is looked for and started with
 * the flags, this JVM's own {@code -D}, {@code -X} and {@code -ea} flags, the arguments, the same standard streams, and
 * its exit code becomes ours. {@code --print-jdk-home} as the only argument prints the folder of the JDK that would be
 * used.
 *
 * <p>Written for Java 17, and in one file on purpose: {@code java Boot.java --print-jdk-home} has to work from the
 * sources, before anything is built.
 */
public final class Boot {

    /** What the Vector API and memory outside the heap need, on the command line of every JVM that runs Gossamer. */
    static final List<String> FLAGS = List.of(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    /** Exit code for what the user has to put right, as in the whole command line. */
    static final int USAGE = 2;

    private Boot() {}

    /**
     * Starts the jar's real main class.
     *
     * @param args handed on untouched, but for {@code --print-jdk-home} alone
     * @throws Throwable what the real main throws when it runs in this process
     */
    public static void main(String[] args) throws Throwable {
        if (args.length == 1 && args[0].equals("--print-jdk-home")) {
            System.out.println(jdkHomeOrExit());
            return;
        }
        String mainClass = mainClassOrExit();
        if (Jdk.suits(Runtime.version())
                && ModuleLayer.boot().findModule(Jdk.VECTOR_MODULE).isPresent()) {
            runHere(mainClass, args);
        } else {
            System.exit(runIn(jdkHomeOrExit(), mainClass, args));
        }
    }

    private static Path jdkHomeOrExit() {
        Finder finder = Finder.ofThisMachine();
        Optional<Path> home = finder.find();
        if (home.isEmpty()) {
            exit(finder.complaint());
        }
        return home.orElseThrow();
    }

    private static String mainClassOrExit() throws IOException, URISyntaxException {
        Path jar = Path.of(
                Boot.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isRegularFile(jar)) {
            try (JarFile file = new JarFile(jar.toFile())) {
                String name = file.getManifest().getMainAttributes().getValue("Gossamer-Main");
                if (name != null) {
                    return name;
                }
            }
        }
        exit("gossamer: " + jar + " is not a jar with the manifest attribute Gossamer-Main; start it with java -jar.");
        throw new AssertionError();
    }

    private static void exit(String message) {
        System.err.println(message);
        System.exit(USAGE);
    }

    private static void runHere(String mainClass, String[] args) throws Throwable {
        try {
            Class.forName(mainClass).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private static int runIn(Path jdkHome, String mainClass, String[] args) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(command(jdkHome, mainClass, args))
                .inheritIO()
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(child), "gossamer-boot-stop"));
        return child.waitFor();
    }

    private static List<String> command(Path jdkHome, String mainClass, String[] args) {
        List<String> command = new ArrayList<>();
        command.add(Jdk.java(jdkHome).toString());
        command.addAll(FLAGS);
        command.addAll(handedOn(ManagementFactory.getRuntimeMXBean().getInputArguments()));
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(mainClass);
        command.addAll(List.of(args));
        return command;
    }

    /** The flags of this JVM that its child gets too. Agents are not among them: they would take the same port twice. */
    static List<String> handedOn(List<String> jvmArguments) {
        return jvmArguments.stream()
                .filter(flag -> Stream.of("-D", "-X", "-ea", "-da", "-esa").anyMatch(flag::startsWith))
                .filter(flag -> !flag.startsWith("-Xrun") && !flag.equals("-Xdebug"))
                .toList();
    }

    /**
     * Runs when this JVM is told to stop. Ctrl-C in a terminal reaches the child by itself, so it gets a moment to act
     * on that; a signal sent to this process alone is handed on. Its exit code is ours either way.
     */
    private static void stop(Process child) {
        try {
            if (!child.waitFor(200, TimeUnit.MILLISECONDS)) {
                child.destroy();
            }
            Runtime.getRuntime().halt(child.waitFor());
        } catch (InterruptedException e) {
            child.destroy();
        }
    }

    /** What a JDK folder says about itself; JVMs are not started for that, since each costs a tenth of a second. */
    static final class Jdk {

        static final String VECTOR_MODULE = "jdk.incubator.vector";
        static final String WANTED = "JDK 25 (25.0.3 or newer, below 26)";

        /** Up to 25.0.2, G1 can move pinned arrays (JDK-8377811). */
        private static final Runtime.Version FIRST = Runtime.Version.parse("25.0.3");

        private Jdk() {}

        static boolean suits(Runtime.Version version) {
            return version.feature() == FIRST.feature() && version.compareToIgnoreOptional(FIRST) >= 0;
        }

        static Path java(Path home) {
            Path unix = home.resolve("bin").resolve("java");
            return Files.exists(unix) ? unix : home.resolve("bin").resolve("java.exe");
        }

        /** The version in the folder's {@code release} file; empty when there is none, or one from before Java 9. */
        static Optional<Runtime.Version> version(Path home) {
            try {
                return Optional.of(Runtime.Version.parse(release(home, "JAVA_VERSION")));
            } catch (IOException | IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        /** Why the folder will not do; empty when it will. */
        static Optional<String> objection(Path home) {
            if (!Files.isDirectory(home)) {
                return Optional.of("no such folder");
            }
            if (!Files.isExecutable(java(home))) {
                return Optional.of("no bin/java in it");
            }
            Optional<Runtime.Version> version = version(home);
            if (version.isEmpty()) {
                return Optional.of("no readable version in its file `release`");
            }
            if (!suits(version.get())) {
                return Optional.of("Java " + version.get());
            }
            return hasVectorModule(home) ? Optional.empty() : Optional.of("has no module " + VECTOR_MODULE);
        }

        private static boolean hasVectorModule(Path home) {
            try {
                String modules = release(home, "MODULES");
                return modules.isEmpty() || List.of(modules.split(" ", -1)).contains(VECTOR_MODULE);
            } catch (IOException | IllegalArgumentException e) {
                return false;
            }
        }

        private static String release(Path home, String key) throws IOException {
            Properties release = new Properties();
            try (var in = Files.newBufferedReader(home.resolve("release"))) {
                release.load(in);
            }
            return release.getProperty(key, "").replace("\"", "").trim();
        }
    }

    /**
     * Looks for a JDK: what the user names first, then the JVM that runs this, then the newest in the usual folders.
     *
     * @param env the environment
     * @param running the folder of the JVM that runs this
     * @param folders folders that hold JDKs side by side
     */
    record Finder(Map<String, String> env, Path running, List<Path> folders) {

        /** Named by the user for Gossamer alone, so it is this one or an error. */
        static final String OWN_VARIABLE = "GOSSAMER_JAVA_HOME";

        static Finder ofThisMachine() {
            Map<String, String> env = System.getenv();
            Path userHome = Path.of(System.getProperty("user.home"));
            List<Path> folders = new ArrayList<>(userFolders(env, userHome));
            folders.addAll(systemFolders(System.getProperty("os.name"), env));
            return new Finder(env, Path.of(System.getProperty("java.home")), folders);
        }

        static List<Path> userFolders(Map<String, String> env, Path userHome) {
            Path data = folder(env, "XDG_DATA_HOME", userHome.resolve(".local/share"));
            return List.of(
                    folder(env, "SDKMAN_DIR", userHome.resolve(".sdkman")).resolve("candidates/java"),
                    userHome.resolve(".jdks"),
                    folder(env, "MISE_DATA_DIR", data.resolve("mise")).resolve("installs/java"),
                    folder(env, "ASDF_DATA_DIR", userHome.resolve(".asdf")).resolve("installs/java"),
                    folder(env, "GRADLE_USER_HOME", userHome.resolve(".gradle")).resolve("jdks"),
                    userHome.resolve("Library/Java/JavaVirtualMachines"));
        }

        static List<Path> systemFolders(String osName, Map<String, String> env) {
            String os = osName.toLowerCase(Locale.ROOT);
            if (os.startsWith("windows")) {
                Path programs = folder(env, "ProgramFiles", Path.of("C:\\Program Files"));
                return Stream.of(
                                "Java",
                                "Eclipse Adoptium",
                                "Microsoft",
                                "Zulu",
                                "Amazon Corretto",
                                "BellSoft",
                                "OpenJDK",
                                "RedHat")
                        .map(programs::resolve)
                        .toList();
            }
            Stream<String> names = os.startsWith("mac")
                    ? Stream.of("/Library/Java/JavaVirtualMachines", "/opt/homebrew/opt", "/usr/local/opt")
                    : Stream.of("/usr/lib/jvm", "/usr/lib64/jvm", "/usr/java", "/usr/local/java", "/opt/java", "/opt");
            return names.map(Path::of).toList();
        }

        private static Path folder(Map<String, String> env, String variable, Path otherwise) {
            String value = env.get(variable);
            return value == null || value.isBlank() ? otherwise : Path.of(value);
        }

        /** The folder of the JDK to use; empty when there is none. */
        Optional<Path> find() {
            Optional<Path> own = named(OWN_VARIABLE);
            if (own.isPresent()) {
                return own.filter(home -> Jdk.objection(home).isEmpty());
            }
            Stream<Path> first = Stream.concat(named("JAVA_HOME").stream(), Stream.of(running));
            return Stream.concat(first, folders.stream().flatMap(Finder::newestFirst))
                    .filter(home -> Jdk.objection(home).isEmpty())
                    .findFirst();
        }

        private Optional<Path> named(String variable) {
            String value = env.get(variable);
            // Windows users quote folders with spaces in them, and the quotes become part of the value.
            return value == null || value.isBlank() ? Optional.empty() : Optional.of(Path.of(value.replace("\"", "")));
        }

        private static Stream<Path> newestFirst(Path folder) {
            return homesIn(folder).stream()
                    .sorted(Comparator.comparing(
                                    (Path home) -> Jdk.version(home).orElseThrow(), Runtime.Version::compareTo)
                            .reversed());
        }

        /** JDKs below the folder, also where a bundle or an archive's own folder lies between. */
        private static List<Path> homesIn(Path folder) {
            List<Path> homes = new ArrayList<>();
            for (Path entry : children(folder)) {
                List<Path> places = new ArrayList<>(List.of(
                        entry, entry.resolve("Contents/Home"), entry.resolve("libexec/openjdk.jdk/Contents/Home")));
                for (Path inner : folder.endsWith("jdks") ? children(entry) : List.<Path>of()) {
                    places.add(inner);
                    places.add(inner.resolve("Contents/Home"));
                }
                places.stream().filter(home -> Jdk.version(home).isPresent()).forEach(homes::add);
            }
            return homes;
        }

        private static List<Path> children(Path folder) {
            List<Path> children = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
                entries.forEach(children::add);
            } catch (IOException e) {
                return List.of(); // a folder that is not there, or not ours to read, holds no JDK
            }
            children.sort(Comparator.naturalOrder());
            return children;
        }

        /** Where it looked, what it saw there, and what to do. */
        String complaint() {
            List<String> lines = new ArrayList<>();
            lines.add("gossamer: this needs a " + Jdk.WANTED + " with the module " + Jdk.VECTOR_MODULE
                    + ", and none was found. Looked at:");
            lines.add("  " + OWN_VARIABLE + ": " + seen(named(OWN_VARIABLE)));
            if (named(OWN_VARIABLE).isEmpty()) {
                lines.add("  JAVA_HOME: " + seen(named("JAVA_HOME")));
                lines.add("  the running JVM: " + seen(Optional.of(running)));
                folders.forEach(folder -> lines.add("  " + folder + ": " + seenIn(folder)));
            }
            lines.add("Install one (for example from https://adoptium.net/temurin/releases/?version=25), or set "
                    + OWN_VARIABLE + " to the folder of one.");
            return String.join(System.lineSeparator(), lines);
        }

        private static String seen(Optional<Path> home) {
            return home.map(path -> path + ": " + Jdk.objection(path).orElse("good"))
                    .orElse("not set");
        }

        private static String seenIn(Path folder) {
            if (!Files.isDirectory(folder)) {
                return "no such folder";
            }
            List<String> homes = newestFirst(folder)
                    .map(home ->
                            folder.relativize(home) + " (" + Jdk.objection(home).orElse("good") + ")")
                    .toList();
            return homes.isEmpty() ? "no JDK in it" : String.join(", ", homes);
        }
    }
}
