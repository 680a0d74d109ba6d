package dev.gossamer.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A file of numbers that PyTorch made: lines of a key and its numbers, under a header that says by which version, from which
 * seed and by which script, whose SHA-256 has to be that of the script beside it. {@code make_golden.py} says what the
 * numbers are.
 */
public final class Golden {

    /** Names of the files with training steps. */
    public static final List<String> NAMES = List.of("mlp", "layers", "residual");

    /** Names of the files with Hessian-vector products, which {@code make_hessians.py} makes. */
    public static final List<String> HESSIANS = List.of("hessian-layers", "hessian-residual");

    private static final List<String> HEADER = List.of("torch", "seed", "script", "sha256");

    private final String name;
    private final Map<String, double[]> numbers;

    private Golden(String name, Map<String, double[]> numbers) {
        this.name = name;
        this.numbers = numbers;
    }

    /**
     * Reads a file of this module.
     *
     * @param name one of {@link #NAMES} or {@link #HESSIANS}
     */
    public static Golden read(String name) {
        return parse(name, new String(resource(name + ".golden"), StandardCharsets.US_ASCII), Golden::resource);
    }

    /**
     * Reads a text.
     *
     * @param scripts from a script's name to its bytes, or null if there is none of that name
     * @throws IllegalArgumentException naming the file, if a line of the header is missing or the script is another one
     */
    static Golden parse(String name, String text, Function<String, byte @Nullable []> scripts) {
        List<String> lines = text.lines().toList();
        Map<String, String> header = header(name, lines);
        byte[] script = scripts.apply(header.get("script"));
        if (script == null || !sha256(script).equals(header.get("sha256"))) {
            throw refusal(name, "was not made by the " + header.get("script") + " that is there; make it anew");
        }
        Map<String, double[]> numbers = new LinkedHashMap<>();
        for (String line : lines.subList(HEADER.size() + 1, lines.size())) {
            String[] words = line.split(" ", -1);
            numbers.put(
                    words[0],
                    Arrays.stream(words)
                            .skip(1)
                            .mapToDouble(Double::parseDouble)
                            .toArray());
        }
        return new Golden(name, numbers);
    }

    private static Map<String, String> header(String name, List<String> lines) {
        Map<String, String> header = new LinkedHashMap<>();
        for (int i = 0; i < HEADER.size(); i++) {
            String key = HEADER.get(i) + " ";
            if (lines.size() <= i
                    || !lines.get(i).startsWith(key)
                    || lines.get(i).length() == key.length()) {
                throw refusal(name, "does not say " + key.strip() + " in line " + (i + 1));
            }
            header.put(key.strip(), lines.get(i).substring(key.length()));
        }
        return header;
    }

    private static IllegalArgumentException refusal(String name, String what) {
        return new IllegalArgumentException("Golden file '" + name + "' " + what);
    }

    private static byte @Nullable [] resource(String file) {
        try (InputStream in = Golden.class.getResourceAsStream("golden/" + file)) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }

    /** The numbers of a key. */
    public double[] numbers(String key) {
        double[] found = numbers.get(key);
        if (found == null) {
            throw refusal(name, "has no '" + key + "'");
        }
        return found;
    }

    /** The only number of a key. */
    public double number(String key) {
        return numbers(key)[0];
    }

    /** What follows a prefix in the keys that start with it, in order. */
    public List<String> keys(String prefix) {
        List<String> keys = new ArrayList<>();
        for (String key : numbers.keySet()) {
            if (key.startsWith(prefix)) {
                keys.add(key.substring(prefix.length()));
            }
        }
        return keys;
    }
}
