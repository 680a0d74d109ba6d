package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The kernels' CUDA sources: one translation unit, {@link #UNIT}, and the files it includes.
 *
 * @param files file name to text
 */
record KernelSources(SortedMap<String, String> files) {

    static final String UNIT = "all.cu";

    /** What every compiler is told; engine-cuda/build-kernels has the same. */
    static final List<String> OPTIONS = List.of("-std=c++17", "-fmad=false");

    /** Where sources and prebuilt kernels are among the resources. */
    static final String FOLDER = "/dev/gossamer/cuda/kernels/";

    private static final Pattern INCLUDE = Pattern.compile("(?m)^\\s*#\\s*include\\s+\"([^\"]+)\"");

    KernelSources {
        files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
        if (!files.containsKey(UNIT)) {
            throw new IllegalArgumentException("kernel sources without " + UNIT + ": " + files.keySet());
        }
    }

    /** Those that this version of Gossamer brings. */
    static KernelSources packaged() {
        SortedMap<String, String> files = new TreeMap<>();
        Deque<String> open = new ArrayDeque<>(List.of(UNIT));
        while (!open.isEmpty()) {
            String name = open.remove();
            byte[] bytes = resource(name);
            // An include that is not packaged is for other compilers; were it not, NVRTC would say so.
            if (bytes == null || files.containsKey(name)) {
                continue;
            }
            String text = new String(bytes, StandardCharsets.UTF_8);
            files.put(name, text);
            Matcher include = INCLUDE.matcher(text);
            while (include.find()) {
                open.add(include.group(1));
            }
        }
        if (files.isEmpty()) {
            throw new EngineException("this build of engine-cuda has no kernel sources (" + FOLDER + UNIT
                    + "). Take a complete engine-cuda jar.");
        }
        return new KernelSources(files);
    }

    static byte @Nullable [] resource(String name) {
        try (InputStream in = KernelSources.class.getResourceAsStream(FOLDER + name)) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + FOLDER + name, e);
        }
    }

    /** Text of the translation unit. */
    String unit() {
        return files.getOrDefault(UNIT, "");
    }

    /** The other files. */
    Map<String, String> headers() {
        SortedMap<String, String> headers = new TreeMap<>(files);
        headers.remove(UNIT);
        return headers;
    }

    /** Hexadecimal SHA-256 of the list "digest, two spaces, name" of the files by name, as {@code sha256sum} prints it. */
    String digest() {
        return Digests.sha256(files.entrySet().stream()
                .map(file -> Digests.sha256(file.getValue()) + "  " + file.getKey() + "\n")
                .collect(Collectors.joining()));
    }
}
