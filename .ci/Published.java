import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * Looks at what was deployed into a folder, the first argument, as Maven Central does: which artifacts there are, that each has
 * jars of classes, sources and javadoc with checksums and a list of what it contains, and that poms say what it asks for. With
 * {@code --central} it also refuses what only a trial may have: a snapshot, poms without an address, files without a signature.
 * Exits with 1 and says what is missing.
 */
final class Published {

    private static final List<String> MODULES = List.of(
            "boot", "engine-api", "engine-cpu-vector", "engine-cuda", "engine-testkit", "fl-app", "fl-core", "gossamer");

    private static final List<String> OF_A_MODULE = List.of("name", "description");
    private static final List<String> OF_THE_PARENT =
            List.of("name", "description", "licenses/license/name", "licenses/license/url", "developers/developer/name");
    private static final List<String> FOR_CENTRAL = List.of("url", "scm/url", "scm/connection");

    private final boolean forCentral;
    private final List<String> faults = new ArrayList<>();

    private Published(boolean forCentral) {
        this.forCentral = forCentral;
    }

    public static void main(String[] args) throws IOException, ParserConfigurationException, SAXException {
        Path group = Path.of(args[0], "dev", "gossamer");
        Published published = new Published(List.of(args).contains("--central"));
        List<String> found = names(group).filter(name -> !name.startsWith("maven-metadata")).sorted().toList();
        if (!found.equals(MODULES)) {
            published.faults.add("artifacts are " + found + " instead of " + MODULES);
        }
        for (String module : found) {
            try (Stream<Path> versions = Files.list(group.resolve(module)).filter(Files::isDirectory)) {
                for (Path version : versions.toList()) {
                    published.check(module, version);
                }
            }
        }
        published.faults.forEach(fault -> System.err.println("published: " + fault));
        System.out.printf("%s: %d artifacts, %d faults%n", args[0], found.size(), published.faults.size());
        System.exit(published.faults.isEmpty() ? 0 : 1);
    }

    private static Stream<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList().stream();
        }
    }

    private void check(String module, Path folder) throws IOException, ParserConfigurationException, SAXException {
        String version = folder.getFileName().toString();
        if (forCentral && version.endsWith("-SNAPSHOT")) {
            faults.add(module + " is a snapshot: " + version);
        }
        Map<String, Path> files = files(module, folder, version);
        boolean isParent = module.equals("gossamer");
        List<String> wanted = new ArrayList<>(List.of(".pom", "-cyclonedx.json"));
        if (!isParent) {
            wanted.addAll(List.of(".jar", "-sources.jar", "-javadoc.jar"));
        }
        for (String kind : wanted) {
            if (!files.containsKey(kind)) {
                faults.add(module + " has no " + kind);
            }
        }
        for (String kind : new TreeSet<>(files.keySet())) {
            if (!kind.matches(".*\\.(md5|sha1|asc)")) {
                checkBeside(module, files, kind);
            }
        }
        if (files.containsKey(".pom")) {
            checkPom(module, isParent, files.get(".pom"));
        }
    }

    /** By what follows name and version; snapshots have a time in place of the version's last word. */
    private static Map<String, Path> files(String module, Path folder, String version) throws IOException {
        String base = module + "-" + version.replace("-SNAPSHOT", "");
        Map<String, Path> files = new TreeMap<>();
        for (String name : names(folder).toList()) {
            if (name.startsWith(base)) {
                String rest = name.substring(base.length());
                files.put(rest.replaceFirst("^-\\d{8}\\.\\d{6}-\\d+", ""), folder.resolve(name));
            }
        }
        return files;
    }

    private void checkBeside(String module, Map<String, Path> files, String kind) {
        for (String suffix : forCentral ? List.of(".md5", ".sha1", ".asc") : List.of(".md5", ".sha1")) {
            if (!files.containsKey(kind + suffix)) {
                faults.add(module + kind + " has no " + suffix);
            }
        }
    }

    private void checkPom(String module, boolean isParent, Path file)
            throws IOException, ParserConfigurationException, SAXException {
        Document pom;
        try (InputStream in = Files.newInputStream(file)) {
            pom = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in);
        }
        List<String> wanted = new ArrayList<>(isParent ? OF_THE_PARENT : OF_A_MODULE);
        if (isParent && forCentral) {
            wanted.addAll(FOR_CENTRAL);
        }
        for (String path : wanted) {
            String value = value(pom.getDocumentElement(), List.of(path.split("/")));
            String address = value(pom.getDocumentElement(), List.of("properties", "gossamer.url"));
            if (value.replace("scm:git:", "").replace("${gossamer.url}", address).isBlank()) {
                faults.add("the pom of " + module + " has no " + path);
            }
        }
    }

    /** The text at the end of a path of elements, empty where there is none. */
    private static String value(Element from, List<String> path) {
        Node at = from;
        for (String name : path) {
            Node next = at.getFirstChild();
            while (next != null && !next.getNodeName().equals(name)) {
                next = next.getNextSibling();
            }
            if (next == null) {
                return "";
            }
            at = next;
        }
        return at.getTextContent().strip();
    }
}
