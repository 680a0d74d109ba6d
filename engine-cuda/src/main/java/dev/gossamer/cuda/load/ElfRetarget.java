package dev.gossamer.cuda.load;

import dev.gossamer.cuda.load.ElfImage.Name;
import dev.gossamer.cuda.load.ElfImage.VersionName;
import dev.gossamer.cuda.load.ElfImage.VersionNeed;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes a shared object ask for another library than the one it was linked with, whose name is as long: the JNI libraries
 * of JCuda 12 ask for {@code libcublas.so.12} and {@code libnvrtc.so.12}, and CUDA 13 has their functions in
 * {@code libcublas.so.13} and {@code libnvrtc.so.13}. A symbolic link is not enough, because the symbols are versioned
 * with the library's name: name and hash of the version have to follow.
 */
final class ElfRetarget {

    private ElfRetarget() {}

    /**
     * The image, asking for {@code to} wherever it asked for {@code from}, as library and as symbol version.
     *
     * @param image a shared object; not changed
     * @throws IllegalArgumentException if the names differ in length or are not ASCII
     * @throws ElfFormatException if the image is no shared object for x86-64, or does not ask for {@code from}
     */
    static byte[] retarget(byte[] image, String from, String to) throws ElfFormatException {
        if (from.length() != to.length()) {
            throw new IllegalArgumentException("a name can be replaced by one of its length only: " + from + ", " + to);
        }
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(from + to) || to.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("library names are ASCII: " + from + ", " + to);
        }
        byte[] result = image.clone();
        ByteBuffer bytes = ByteBuffer.wrap(result).order(ByteOrder.LITTLE_ENDIAN);
        ElfImage elf = ElfImage.parse(bytes);
        if (elf.needed().stream().noneMatch(name -> name.text().equals(from))) {
            throw new ElfFormatException("does not ask for " + from);
        }
        for (VersionName version : versions(elf, from)) {
            if (version.hash() != hash(from)) {
                throw new ElfFormatException("has a wrong hash for the version " + from);
            }
            bytes.putInt(version.hashAt(), hash(to));
        }
        for (int at : places(elf, from)) {
            if (result[at - 1] != 0) {
                throw new ElfFormatException("keeps " + from + " as the end of another name");
            }
            bytes.put(at, to.getBytes(StandardCharsets.US_ASCII));
        }
        return result;
    }

    private static List<VersionName> versions(ElfImage elf, String named) {
        return elf.versions().stream()
                .flatMap(need -> need.names().stream())
                .filter(version -> version.name().text().equals(named))
                .toList();
    }

    /** Where the name stands in the file; once as a rule, as tables share their strings. */
    private static Set<Integer> places(ElfImage elf, String text) {
        List<Name> names = new ArrayList<>(elf.needed());
        elf.versions().stream().map(VersionNeed::library).forEach(names::add);
        versions(elf, text).stream().map(VersionName::name).forEach(names::add);
        Set<Integer> places = new TreeSet<>();
        names.stream().filter(name -> name.text().equals(text)).map(Name::at).forEach(places::add);
        return places;
    }

    /** The hash that version tables hold of a name (System V ABI, "Hash Table"). */
    static int hash(String name) {
        int hash = 0;
        for (byte b : name.getBytes(StandardCharsets.US_ASCII)) {
            hash = (hash << 4) + (b & 0xff);
            int top = hash & 0xf0000000;
            hash = (hash ^ (top >>> 24)) & ~top;
        }
        return hash;
    }
}
