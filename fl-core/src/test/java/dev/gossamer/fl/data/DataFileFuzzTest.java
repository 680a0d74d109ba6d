package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.FileFuzz;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged and forged files of data sets: a {@link DataException} that names the file, or samples. Each reader gets a tenth of
 * {@code -Dgossamer.fuzz.messages}, 1,000 files unless told otherwise; {@code -Dgossamer.fuzz.seed} for others.
 */
class DataFileFuzzTest {

    private static final int FILES = Math.max(1, FileFuzz.FILES / 10);
    private static final int CLASSES = 10;
    private static final int NUMBERS_MAGIC = 0x801;
    /** Memory outside the heap that a compressed file may take for each of its bytes before it has unpacked. */
    private static final int PLAUSIBLE_EXPANSION = 16;
    /** A whole data set of recordings takes long: one of so many files. */
    private static final int WHOLE_SET_EVERY = 50;

    @TempDir
    Path root;

    private final FileFuzz fuzz = new FileFuzz();
    private final SplittableRandom random = fuzz.random();
    private Path folder;

    /** Another folder than the test's own, whose parts could be in a message by chance. */
    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectories(root.resolve("data"));
    }

    // ---- IDX
    // ---------------------------------------------------------------------------------------------------------

    @Test
    void idxFilesAreRefusedOrImages() throws IOException {
        assertMixed(idx(false));
    }

    @Test
    void compressedIdxFilesAreRefusedOrImages() throws IOException {
        assertMixed(idx(true));
    }

    private int idx(boolean packed) throws IOException {
        Map<String, byte[]> good = Map.of("images", images(6, 3, 4), "labels", numbers(6, CLASSES));
        return accepted(good, packed, () -> {
            long length = Files.size(folder.resolve("images")) + Files.size(folder.resolve("labels"));
            try (CountingArena arena = new CountingArena()) {
                try {
                    return check(
                            IdxReader.read(folder.resolve("images"), folder.resolve("labels"), CLASSES, arena),
                            CLASSES);
                } finally {
                    assertThat(arena.taken).isLessThanOrEqualTo(packed ? PLAUSIBLE_EXPANSION * length : length);
                }
            }
        });
    }

    @Test
    void filesOfMnistAreRefusedOrADataSet() throws IOException {
        Map<String, byte[]> good = Map.of(
                "train-images-idx3-ubyte", images(5, 28, 28),
                "train-labels-idx1-ubyte", numbers(5, CLASSES),
                "t10k-images-idx3-ubyte", images(3, 28, 28),
                "t10k-labels-idx1-ubyte", numbers(3, CLASSES));
        assertMixed(accepted(good, random.nextBoolean(), () -> check(Mnist.load(folder))));
    }

    @Test
    void filesOfFemnistAreRefusedOrADataSet() throws IOException {
        Map<String, byte[]> good = Map.of(
                "some-images-idx3-ubyte", images(24, 28, 28),
                "some-labels-idx1-ubyte", numbers(24, 62),
                "some-clients-idx1-ubyte", numbers(24, 2));
        assertMixed(accepted(good, false, () -> check(Femnist.load(folder))));
    }

    private byte[] images(int count, int height, int width) {
        ByteBuffer file = ByteBuffer.allocate(16 + count * height * width);
        file.putInt(0x803).putInt(count).putInt(height).putInt(width);
        while (file.hasRemaining()) {
            file.put((byte) random.nextInt());
        }
        return file.array();
    }

    private static byte[] numbers(int count, int bound) {
        ByteBuffer file = ByteBuffer.allocate(8 + count);
        file.putInt(NUMBERS_MAGIC).putInt(count);
        for (int i = 0; i < count; i++) {
            file.put((byte) (i % bound));
        }
        return file.array();
    }

    // ---- CIFAR
    // -------------------------------------------------------------------------------------------------------

    @Test
    void filesOfCifar10AreRefusedOrADataSet() throws IOException {
        Map<String, byte[]> good = Map.of(
                "data_batch_1.bin", records(1, 2), "data_batch_2.bin", records(1, 1), "test_batch.bin", records(1, 1));
        assertMixed(accepted(good, false, () -> check(Cifar10.load(folder))));
    }

    @Test
    void filesOfCifar100AreRefusedOrADataSet() throws IOException {
        Map<String, byte[]> good = Map.of("train.bin", records(2, 2), "test.bin", records(2, 1));
        assertMixed(accepted(good, true, () -> check(Cifar100.load(folder))));
    }

    private byte[] records(int labelBytes, int count) {
        ByteBuffer file = ByteBuffer.allocate(count * (labelBytes + 3 * 32 * 32));
        while (file.hasRemaining()) {
            for (int label = 0; label < labelBytes; label++) {
                file.put((byte) random.nextInt(CLASSES));
            }
            for (int pixel = 0; pixel < 3 * 32 * 32; pixel++) {
                file.put((byte) random.nextInt());
            }
        }
        return file.array();
    }

    // ---- Speech Commands
    // ---------------------------------------------------------------------------------------------

    @Test
    void wavFilesAreRefusedOrSamples() {
        byte[] good = wav(30);
        int accepted = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bad = fuzz.damaged(good);
            Callable<?> read = () -> {
                short[] samples = Wav.samples(bad, "some.wav");
                assertThat(samples).hasSizeBetween(1, bad.length / 2);
                return samples;
            };
            accepted += FileFuzz.isAccepted(i, bad, DataException.class, "some.wav: ", read) ? 1 : 0;
        }
        assertMixed(accepted);
    }

    @Test
    void recordingsInFoldersAreRefusedOrADataSet() throws IOException {
        assertMixed(accepted(recordings(), false, this::readRecordings));
    }

    @Test
    void archivesOfRecordingsAreRefusedOrADataSet() throws IOException {
        Path file = folder.resolve("speech_commands.zip");
        int accepted = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bad = damagedArchive();
            Files.write(file, bad);
            accepted += FileFuzz.isAccepted(i, bad, DataException.class, file.toString(), this::readRecordings) ? 1 : 0;
        }
        assertMixed(accepted);
    }

    /** An archive that is damaged itself, or one in which a recording or its name is. */
    private byte[] damagedArchive() throws IOException {
        int method = random.nextBoolean() ? ZipEntry.STORED : ZipEntry.DEFLATED;
        Map<String, byte[]> entries = recordings();
        if (random.nextInt(4) > 0) {
            return fuzz.damaged(zip(entries, method));
        }
        String name = entries.keySet().iterator().next();
        byte[] recording = entries.remove(name);
        if (random.nextBoolean()) {
            entries.put(name, fuzz.damaged(recording));
        } else {
            byte[] other = fuzz.damaged(name.getBytes(StandardCharsets.UTF_8));
            entries.put(new String(other, StandardCharsets.UTF_8), recording);
        }
        return zip(entries, method);
    }

    private List<?> readRecordings() {
        if (random.nextInt(WHOLE_SET_EVERY) == 0) {
            return check(SpeechCommands.load(folder));
        }
        try (Utterances source = Utterances.open(folder)) {
            return source.all().stream()
                    .map(recording -> Wav.samples(source.read(recording), source.describe(recording)))
                    .toList();
        }
    }

    /** By the published rule 0137b3f4 is for training, b for testing. */
    private static Map<String, byte[]> recordings() {
        Map<String, byte[]> recordings = new LinkedHashMap<>();
        recordings.put("yes/b_nohash_0.wav", wav(40));
        recordings.put("bed/0137b3f4_nohash_0.wav", wav(50));
        recordings.put("yes/0137b3f4_nohash_1.wav", wav(9));
        return recordings;
    }

    private static byte[] wav(int samples) {
        ByteBuffer file = ByteBuffer.allocate(44 + 2 * samples).order(ByteOrder.LITTLE_ENDIAN);
        file.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + 2 * samples);
        file.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII))
                .putInt(16)
                .putShort((short) 1)
                .putShort((short) 1);
        file.putInt(16_000).putInt(32_000).putShort((short) 2).putShort((short) 16);
        file.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(2 * samples);
        for (int i = 0; i < samples; i++) {
            file.putShort((short) Math.round(9000 * Math.sin(i)));
        }
        return file.array();
    }

    private static byte[] zip(Map<String, byte[]> files, int method) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream entries = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                ZipEntry entry = new ZipEntry(file.getKey());
                CRC32 crc = new CRC32();
                crc.update(file.getValue());
                entry.setMethod(method);
                entry.setSize(file.getValue().length);
                entry.setCrc(crc.getValue());
                entries.putNextEntry(entry);
                entries.write(file.getValue());
                entries.closeEntry();
            }
        }
        return out.toByteArray();
    }

    // ---- helpers
    // -----------------------------------------------------------------------------------------------------

    /** Damages one file of a set after the other, and counts how many sets are accepted. */
    private int accepted(Map<String, byte[]> good, boolean packed, Callable<?> load) throws IOException {
        List<String> names = good.keySet().stream().sorted().toList();
        for (String name : names) {
            write(name, packed ? FileFuzz.gzip(good.get(name)) : good.get(name));
        }
        int accepted = 0;
        for (int i = 0; i < FILES; i++) {
            String name = names.get(i % names.size());
            byte[] bad = damaged(good.get(name), packed);
            write(name, bad);
            accepted += FileFuzz.isAccepted(i, bad, DataException.class, folder.toString(), load) ? 1 : 0;
            write(name, packed ? FileFuzz.gzip(good.get(name)) : good.get(name));
        }
        return accepted;
    }

    /** Numbers may be whole, but not those that belong to the images. */
    private byte[] damaged(byte[] good, boolean packed) throws IOException {
        if (ByteBuffer.wrap(good).getInt(0) == NUMBERS_MAGIC && random.nextInt(8) == 0) {
            byte[] others = numbers(random.nextInt(1, 2 * good.length), random.nextBoolean() ? 2 : 256);
            return packed ? FileFuzz.gzip(others) : others;
        }
        return packed ? fuzz.damagedGzip(good) : fuzz.damaged(good);
    }

    private void write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.resolveSibling(""));
        Files.write(file, content);
    }

    /** Pixels may be any, so that some damages go unseen; not all do. */
    private static void assertMixed(int accepted) {
        assertThat(accepted).isBetween(FILES / 100, FILES * 9 / 10);
    }

    private static List<?> check(Dataset data) {
        try (data) {
            return List.of(check(data.train(), data.classes()), check(data.test(), data.classes()));
        }
    }

    private static int check(Split split, int classes) {
        assertThat(split.count()).isPositive();
        assertThat(split.images().byteSize())
                .isEqualTo((long) split.count() * split.one().features());
        assertThat(Arrays.stream(split.labelArray())).allMatch(label -> label < classes);
        return split.count();
    }

    /** Counts what is taken of it: memory outside the heap, which no bean tells by thread. */
    private static final class CountingArena implements Arena {

        private final Arena arena = Arena.ofConfined();
        private long taken;

        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            taken += byteSize;
            return arena.allocate(byteSize, byteAlignment);
        }

        @Override
        public MemorySegment.Scope scope() {
            return arena.scope();
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
