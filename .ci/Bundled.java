import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Compares the jar of the command with the list of what it contains (CycloneDX), and both with the licences that it has to
 * carry. Arguments: that jar, the list, the module's own jar, the folder of the jars that were merged into it. Run with the
 * command's jar on the class path, which has the parser. Exits with 1 and says what is wrong.
 */
final class Bundled {

    /** Those that Gossamer passes on; each but the first asks for its text and its notice to go with the code. */
    private static final Set<String> LICENCES = Set.of("Apache-2.0", "MIT", "BSD-3-Clause", "EPL-1.0");

    /** The list takes JLine's "The BSD License", at the address of the one with three clauses, for the one with four. */
    private static final Map<String, String> MISTAKEN = Map.of("org.jline BSD-4-Clause", "BSD-3-Clause");

    private final List<String> faults = new ArrayList<>();
    private final Map<String, Long> merged;
    private final Path jar;

    private Bundled(Path jar) throws IOException {
        this.jar = jar;
        merged = entries(jar);
    }

    public static void main(String[] args) throws IOException {
        Bundled bundled = new Bundled(Path.of(args[0]));
        List<Path> jars = new ArrayList<>(List.of(Path.of(args[2])));
        try (Stream<Path> files = Files.list(Path.of(args[3]))) {
            files.filter(file -> file.toString().endsWith(".jar")).sorted().forEach(jars::add);
        }
        List<JsonNode> components = components(Path.of(args[1]));
        bundled.checkList(components, jars.subList(1, jars.size()));
        bundled.checkEntries(jars);
        bundled.checkLicences(components);
        bundled.checkNotices(jars);
        bundled.faults.forEach(fault -> System.err.println("bundled: " + fault));
        System.out.printf(
                "%s: %d files of %d jars, as listed in %s, %d faults%n",
                args[0], bundled.merged.size(), jars.size(), args[1], bundled.faults.size());
        System.exit(bundled.faults.isEmpty() ? 0 : 1);
    }

    private static List<JsonNode> components(Path list) throws IOException {
        List<JsonNode> components = new ArrayList<>();
        JsonMapper.shared().readTree(Files.readAllBytes(list)).path("components").forEach(components::add);
        return components;
    }

    /** By their digests: every jar is a component, and every component a jar. */
    private void checkList(List<JsonNode> components, List<Path> jars) throws IOException {
        Map<String, String> listed = new TreeMap<>();
        for (JsonNode component : components) {
            String digest = "no SHA-256 of " + name(component);
            for (JsonNode hash : component.path("hashes")) {
                if (hash.path("alg").asString().equals("SHA-256")) {
                    digest = hash.path("content").asString();
                }
            }
            listed.put(digest, component.path("purl").asString());
        }
        for (Path file : jars) {
            if (listed.remove(sha256(file)) == null) {
                faults.add(file.getFileName() + " is merged, and not listed with this content");
            }
        }
        listed.forEach((digest, purl) -> faults.add(purl + " is listed, and not merged with this content: " + digest));
    }

    /** Every entry of the merged jar is one of theirs, byte for byte, and all of theirs are there. */
    private void checkEntries(List<Path> jars) throws IOException {
        Map<String, Set<Long>> theirs = new TreeMap<>();
        for (Path file : jars) {
            entries(file).forEach((name, crc) -> {
                theirs.merge(name, Set.of(crc), (a, b) -> Stream.concat(a.stream(), b.stream()).collect(Collectors.toSet()));
                if (!isRewritten(name) && !isLeftOut(name) && !merged.containsKey(name)) {
                    faults.add(name + " of " + file.getFileName() + " is missing");
                }
            });
        }
        merged.forEach((name, crc) -> {
            if (!isRewritten(name) && !theirs.getOrDefault(name, Set.of()).contains(crc)) {
                faults.add(name + " comes from none of the jars");
            }
        });
    }

    /** What is made anew of several, or for this jar. */
    private static boolean isRewritten(String name) {
        return name.startsWith("META-INF/services/")
                || name.matches("META-INF/(LICENSE|NOTICE)(\\.txt|\\.md)?")
                || name.equals("META-INF/MANIFEST.MF");
    }

    /** The filters of fl-app/pom.xml, and indices of a jar that is no longer alone. */
    private static boolean isLeftOut(String name) {
        return name.startsWith("META-INF/maven/")
                || name.startsWith("META-INF/native-image/")
                || name.equals("META-INF/INDEX.LIST")
                || name.matches("(META-INF/versions/\\d+/)?module-info\\.class")
                || name.matches("META-INF/[^/]+\\.(SF|DSA|RSA)");
    }

    private void checkLicences(List<JsonNode> components) throws IOException {
        if (!text(jar, "META-INF/LICENSE").contains("Apache License")) {
            faults.add("META-INF/LICENSE is not the Apache License");
        }
        StringBuilder texts = new StringBuilder();
        for (String name : merged.keySet()) {
            if (name.startsWith("META-INF/licenses/")) {
                texts.append(text(jar, name).toLowerCase(Locale.ROOT));
            }
        }
        for (JsonNode component : components) {
            Set<String> offered = licences(component);
            String named = component.path("name").asString().replace("-natives", "");
            if (Collections.disjoint(offered, LICENCES)) {
                faults.add(name(component) + " has the licence " + offered + "; may it be passed on, and how?");
            } else if (!offered.contains("Apache-2.0") && !texts.toString().contains(named)) {
                faults.add(name(component) + " is under " + offered + ", and no file of META-INF/licenses names it");
            }
        }
    }

    private static Set<String> licences(JsonNode component) {
        Set<String> offered = new TreeSet<>();
        for (JsonNode choice : component.path("licenses")) {
            JsonNode licence = choice.path("license");
            String named = licence.path("id").asString(licence.path("name").asString(choice.path("expression").asString("")));
            offered.add(MISTAKEN.getOrDefault(component.path("group").asString() + " " + named, named));
        }
        return offered;
    }

    /** What the jars' authors want to be told stands in the one notice. */
    private void checkNotices(List<Path> jars) throws IOException {
        Set<String> told = lines(text(jar, "META-INF/NOTICE"));
        for (Path file : jars) {
            for (String name : entries(file).keySet()) {
                if (name.matches("META-INF/NOTICE(\\.txt|\\.md)?")) {
                    Set<String> lost = lines(text(file, name));
                    lost.removeAll(told);
                    lost.forEach(line -> faults.add("META-INF/NOTICE lacks, of " + file.getFileName() + ": " + line));
                }
            }
        }
    }

    private static Set<String> lines(String text) {
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).collect(Collectors.toSet());
    }

    private static String name(JsonNode component) {
        return component.path("group").asString() + ":" + component.path("name").asString();
    }

    /** Names and check sums, without folders. */
    private static Map<String, Long> entries(Path file) throws IOException {
        Map<String, Long> entries = new TreeMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            zip.stream().filter(entry -> !entry.isDirectory()).forEach(entry -> entries.put(entry.getName(), entry.getCrc()));
        }
        return entries;
    }

    /** Empty where there is no such entry. */
    private static String text(Path file, String name) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry entry = zip.getEntry(name);
            if (entry == null) {
                return "";
            }
            try (InputStream in = zip.getInputStream(entry)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
