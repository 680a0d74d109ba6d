package dev.gossamer.cuda.load;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the dynamic linker reads of a shared object for Linux on x86-64: the libraries that it needs, and the symbol
 * versions that it needs of each (System V ABI; the version tables are those of the LSB). Found through the program
 * headers, as the linker does, since sections may be stripped.
 *
 * @param needed the libraries that it needs
 * @param versions the symbol versions that it needs, library by library
 */
record ElfImage(List<Name> needed, List<VersionNeed> versions) {

    private static final int DYNAMIC_OBJECT = 3;
    private static final int X86_64 = 62;
    private static final int LOAD = 1;
    private static final int DYNAMIC = 2;
    private static final long NEEDED = 1;
    private static final long STRING_TABLE = 5;
    private static final long STRING_TABLE_SIZE = 10;
    private static final long VERSION_NEEDS = 0x6ffffffeL;
    private static final long VERSION_NEED_COUNT = 0x6fffffffL;

    /**
     * A string of the dynamic string table.
     *
     * @param at offset of its first byte in the file
     */
    record Name(int at, String text) {}

    /** The versions needed of one library. */
    record VersionNeed(Name library, List<VersionName> names) {}

    /**
     * One version needed.
     *
     * @param hashAt offset of its hash in the file
     * @param hash its ELF hash, as the file has it
     */
    record VersionName(int hashAt, int hash, Name name) {}

    /**
     * Reads the tables.
     *
     * @param file the whole file; position, limit and order are left alone
     * @throws ElfFormatException if it is no such shared object, or is cut short
     */
    static ElfImage parse(ByteBuffer file) throws ElfFormatException {
        return new Parser(file.duplicate().order(ByteOrder.LITTLE_ENDIAN)).parse();
    }

    private static final class Parser {

        private record Segment(long address, long offset, long size) {}

        private final ByteBuffer file;
        private final List<Segment> loaded = new ArrayList<>();
        private final List<Long> neededOffsets = new ArrayList<>();
        private final Map<Long, Long> dynamic = new HashMap<>();

        Parser(ByteBuffer file) {
            this.file = file;
        }

        ElfImage parse() throws ElfFormatException {
            if (file.limit() < 4 || file.order(ByteOrder.BIG_ENDIAN).getInt(0) != 0x7f454c46) {
                throw new ElfFormatException("is not an ELF file");
            }
            file.order(ByteOrder.LITTLE_ENDIAN);
            if (u16(4) != 0x0102 || u16(16) != DYNAMIC_OBJECT || u16(18) != X86_64) {
                throw new ElfFormatException("is not a 64-bit shared object for x86-64");
            }
            readDynamicTable(readSegments());
            List<Name> needed = new ArrayList<>();
            for (long offset : neededOffsets) {
                needed.add(name(offset));
            }
            return new ElfImage(List.copyOf(needed), versions());
        }

        /** Collects what is loaded where, and returns the segment of the dynamic table. */
        private Segment readSegments() throws ElfFormatException {
            long headers = s64(32);
            int headerSize = u16(54);
            int count = u16(56);
            Segment table = null;
            for (int i = 0; i < count; i++) {
                long at = headers + (long) i * headerSize;
                Segment segment = new Segment(s64(at + 16), s64(at + 8), s64(at + 32));
                switch (s32(at)) {
                    case LOAD -> loaded.add(segment);
                    case DYNAMIC -> table = segment;
                    default -> {}
                }
            }
            if (table == null) {
                throw new ElfFormatException("has no dynamic table");
            }
            return table;
        }

        private void readDynamicTable(Segment table) throws ElfFormatException {
            for (long at = table.offset; at < table.offset + table.size; at += 16) {
                long tag = s64(at);
                long value = s64(at + 8);
                if (tag == 0) {
                    return;
                }
                if (tag == NEEDED) {
                    neededOffsets.add(value);
                } else {
                    dynamic.put(tag, value);
                }
            }
        }

        private List<VersionNeed> versions() throws ElfFormatException {
            List<VersionNeed> needs = new ArrayList<>();
            if (!dynamic.containsKey(VERSION_NEEDS)) {
                return needs;
            }
            long at = fileOffset(dynamic(VERSION_NEEDS));
            long count = dynamic(VERSION_NEED_COUNT);
            for (long i = 0; i < count; i++) {
                needs.add(new VersionNeed(name(u32(at + 4)), names(at + u32(at + 8), u16(at + 2))));
                at += u32(at + 12);
            }
            return List.copyOf(needs);
        }

        private List<VersionName> names(long first, int count) throws ElfFormatException {
            List<VersionName> names = new ArrayList<>();
            long at = first;
            for (int i = 0; i < count; i++) {
                names.add(new VersionName(within(at, 16), s32(at), name(u32(at + 8))));
                at += u32(at + 12);
            }
            return List.copyOf(names);
        }

        private Name name(long offset) throws ElfFormatException {
            long size = dynamic(STRING_TABLE_SIZE);
            if (offset < 0 || offset >= size) {
                throw new ElfFormatException("names a string outside of its string table");
            }
            long table = fileOffset(dynamic(STRING_TABLE));
            int start = within(table + offset, 1);
            int end = start;
            while (end < table + size && file.get(within(end, 1)) != 0) {
                end++;
            }
            byte[] text = new byte[end - start];
            file.get(start, text);
            return new Name(start, new String(text, StandardCharsets.ISO_8859_1));
        }

        private long dynamic(long tag) throws ElfFormatException {
            Long value = dynamic.get(tag);
            if (value == null) {
                throw new ElfFormatException("has no entry " + Long.toHexString(tag) + " in its dynamic table");
            }
            return value;
        }

        private long fileOffset(long address) throws ElfFormatException {
            for (Segment segment : loaded) {
                if (address >= segment.address && address - segment.address < segment.size) {
                    return address - segment.address + segment.offset;
                }
            }
            throw new ElfFormatException("names an address that is in no segment");
        }

        private int u16(long at) throws ElfFormatException {
            return Short.toUnsignedInt(file.getShort(within(at, 2)));
        }

        private int s32(long at) throws ElfFormatException {
            return file.getInt(within(at, 4));
        }

        private long u32(long at) throws ElfFormatException {
            return Integer.toUnsignedLong(s32(at));
        }

        private long s64(long at) throws ElfFormatException {
            return file.getLong(within(at, 8));
        }

        private int within(long at, int size) throws ElfFormatException {
            if (at < 0 || at > file.limit() - size) {
                throw new ElfFormatException("is cut short or damaged: byte " + at + " of " + file.limit());
            }
            return (int) at;
        }
    }
}
