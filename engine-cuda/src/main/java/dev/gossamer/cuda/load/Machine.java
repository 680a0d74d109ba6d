package dev.gossamer.cuda.load;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/**
 * What the search reads of the machine.
 *
 * @param root the folder that stands for the root folder
 * @param env the environment
 * @param properties the JVM's properties
 */
record Machine(Path root, Map<String, String> env, Properties properties) {

    static Machine here() {
        Path root = FileSystems.getDefault().getRootDirectories().iterator().next();
        return new Machine(root, System.getenv(), System.getProperties());
    }

    boolean windows() {
        return property("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    }

    private boolean linux() {
        return property("os.name").equals("Linux");
    }

    /** Whether JCuda has natives for it. */
    boolean supported() {
        String arch = property("os.arch");
        return (linux() || windows()) && (arch.equals("amd64") || arch.equals("x86_64"));
    }

    /** The platform for people. */
    String platform() {
        return property("os.name") + " " + property("os.arch");
    }

    /** The property's text, empty when it is not set. */
    String property(String name) {
        return properties.getProperty(name, "").strip();
    }

    /** The variable's text, empty when it is not set. */
    String variable(String name) {
        return env.getOrDefault(name, "").strip();
    }

    /** An absolute path of this machine, such as {@code /usr/lib}. */
    Path at(String absolute) {
        return root.resolve(absolute.substring(1));
    }
}
