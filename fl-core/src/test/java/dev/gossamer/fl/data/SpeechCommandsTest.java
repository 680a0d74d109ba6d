package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.SharedData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpeechCommandsTest {

    /** By the published rule 0137b3f4 and d are for training, 099d52ad for validation, b for testing. */
    private static final Map<String, byte[]> GOOD = new LinkedHashMap<>();

    static {
        GOOD.put("yes/d_nohash_0.wav", wav(tone(7000, 16_000)));
        GOOD.put("bed/0137b3f4_nohash_1.wav", wav(tone(300, 16_000)));
        GOOD.put("yes/b_nohash_0.wav", wav(tone(500, 9_000)));
        GOOD.put("bed/0137b3f4_nohash_0.wav", wav(tone(2000, 20_000)));
        GOOD.put("bed/099d52ad_nohash_0.wav", wav(tone(100, 16_000)));
        GOOD.put("yes/0137b3f4_nohash_0.wav", wav(tone(900, 16_000)));
        GOOD.put("_background_noise_/hiss.wav", new byte[5]);
    }

    @TempDir
    Path folder;

    @Test
    void foldersAndZipFilesAreReadAlike() throws IOException {
        writeFolders(folder.resolve("a/speech-commands"), GOOD);
        Files.writeString(folder.resolve("a/speech-commands/README.md"), "words");
        Files.createDirectories(folder.resolve("b"));
        writeZip(folder.resolve("b/my_speech_commands.zip"), GOOD, ZipEntry.DEFLATED);
        try (Dataset folders = SpeechCommands.load(folder.resolve("a"));
                Dataset zip = SpeechCommands.load(folder.resolve("b"))) {
            for (Dataset data : new Dataset[] {folders, zip}) {
                assertThat(data.one()).isEqualTo(new Shape(1, 40, 98, 1));
                assertThat(data.classes()).isEqualTo(2);
                assertThat(data.train().labelArray()).containsExactly(0, 0, 1, 1);
                assertThat(data.test().labelArray()).containsExactly(1);
                assertThat(data.naturalClients()).containsExactly(new int[] {0, 1, 2}, new int[] {3});
                assertThat(data.extent())
                        .isEqualTo(
                                "2 words, 2 speakers for training, 1 for testing; the 1 for validation are left out");
                assertThat(Survey.of(data)).isEqualTo(SpeechCommands.survey(folder.resolve("a")));
                isImageOf(data.train(), 0, tone(2000, 20_000));
                isImageOf(data.train(), 3, tone(7000, 16_000));
                isImageOf(data.test(), 0, tone(500, 9_000));
            }
        }
    }

    private static void isImageOf(Split split, int sample, short[] samples) {
        byte[] image = LogMel.bytes(samples);
        for (int i = 0; i < image.length; i++) {
            assertThat(split.pixel(sample, i)).isEqualTo(Byte.toUnsignedInt(image[i]));
        }
    }

    @Test
    void withoutSpeakersForTestingThoseForValidationAreTaken() throws IOException {
        Map<String, byte[]> some = new LinkedHashMap<>(GOOD);
        some.remove("yes/b_nohash_0.wav");
        writeFolders(folder, some);
        try (Dataset data = SpeechCommands.load(folder)) {
            assertThat(data.test().labelArray()).containsExactly(0);
            assertThat(data.extent()).endsWith("1 for testing, who are the validation speakers");
        }
        Files.delete(folder.resolve("bed/099d52ad_nohash_0.wav"));
        refused("none of its speakers is for testing or validation");
    }

    @Test
    void speakersAreDealtByThePublishedRule() {
        // Computed by Python's hashlib: 40.757, 9.288, 5.402, 15.701, 12.122 and 23.542 per cent.
        assertThat(SpeechCommands.Part.of("0137b3f4")).isEqualTo(SpeechCommands.Part.TRAINING);
        assertThat(SpeechCommands.Part.of("099d52ad")).isEqualTo(SpeechCommands.Part.VALIDATION);
        assertThat(SpeechCommands.Part.of("264f471d")).isEqualTo(SpeechCommands.Part.VALIDATION);
        assertThat(SpeechCommands.Part.of("b")).isEqualTo(SpeechCommands.Part.TESTING);
        assertThat(SpeechCommands.Part.of("i")).isEqualTo(SpeechCommands.Part.TESTING);
        assertThat(SpeechCommands.Part.of("g")).isEqualTo(SpeechCommands.Part.TRAINING);
    }

    // ---- bad input
    // ---------------------------------------------------------------------------------------------------

    @Test
    void everyTruncationIsRefusedByName() throws IOException {
        writeFolders(folder, GOOD);
        Path file = folder.resolve("yes/d_nohash_0.wav");
        byte[] whole = wav(tone(700, 30));
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            refused("d_nohash_0.wav", "again");
        }
        Files.write(file, Arrays.copyOf(whole, 60));
        refused("d_nohash_0.wav", "announces 60 bytes of samples", "only 16", "cut off");
    }

    @Test
    void otherFormatsAreRefusedByName() throws IOException {
        writeFolders(folder, GOOD);
        Path file = folder.resolve("yes/d_nohash_0.wav");
        Files.write(file, edited(22, 2));
        refused("d_nohash_0.wav: is PCM of 2 channels, 16000 Hz, 16 bits", "1 channel");
        Files.write(file, edited(25, 0x56));
        refused("d_nohash_0.wav", "22144 Hz");
        Files.write(file, edited(34, 8));
        refused("d_nohash_0.wav", "8 bits");
        Files.write(file, edited(20, 3));
        refused("d_nohash_0.wav", "of encoding 3");
        Files.write(file, edited(40, 59));
        refused("d_nohash_0.wav", "announces 59 bytes");
        Files.write(file, new byte[(1 << 20) + 1]);
        refused("d_nohash_0.wav", "1048576");
        Files.write(file, "MPEG and such things".getBytes(StandardCharsets.US_ASCII));
        refused("d_nohash_0.wav", "no WAV file");
    }

    /** A good file but for one byte. */
    private static byte[] edited(int at, int value) {
        byte[] file = wav(tone(700, 30));
        file[at] = (byte) value;
        return file;
    }

    @Test
    void chunksBeforeTheSamplesAreSkipped() {
        byte[] plain = wav(tone(700, 30));
        ByteBuffer more = ByteBuffer.allocate(plain.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        more.put(plain, 0, 36)
                .put("LIST".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .putInt(0x00FFFFFF);
        more.put(plain, 36, plain.length - 36);
        assertThat(Wav.samples(more.array(), "x")).isEqualTo(tone(700, 30));
    }

    @Test
    void aNameWithoutASpeakerIsRefused() throws IOException {
        writeFolders(folder, GOOD);
        Files.write(folder.resolve("yes/somebody.wav"), wav(tone(1, 1)));
        refused("yes/somebody.wav is not named <word>/<speaker>_nohash_<k>.wav");
    }

    @Test
    void entriesThatEscapeSpoilTheWholeZipFile() throws IOException {
        Path zip = folder.resolve("speech_commands.zip");
        for (String evil : new String[] {
            "../yes/d_nohash_9.wav",
            "yes/../../d_nohash_9.wav",
            "/yes/d_nohash_9.wav",
            "..\\yes\\d_nohash_9.wav",
            "C:/x.txt"
        }) {
            Map<String, byte[]> entries = new LinkedHashMap<>(GOOD);
            entries.put(evil, wav(tone(1, 1)));
            writeZip(zip, entries);
            refused("speech_commands.zip", "'" + evil + "' leads out of the archive");
        }
    }

    @Test
    void anEntryWhoseNameIsNoPathIsReadAndNamed() throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>(GOOD);
        entries.put("yes\0/b_nohash_1.wav", wav(tone(500, 9_000)));
        writeZip(folder.resolve("speech_commands.zip"), entries);
        try (Dataset data = SpeechCommands.load(folder)) {
            assertThat(data.test().labelArray()).containsExactly(2, 1);
        }
        entries.put("yes\0/b_nohash_1.wav", new byte[5]);
        writeZip(folder.resolve("speech_commands.zip"), entries);
        refused("speech_commands.zip", "yes\0/b_nohash_1.wav: is no WAV file");
    }

    @Test
    void damagedZipFilesAreRefused() throws IOException {
        Path zip = folder.resolve("speech_commands.zip");
        writeZip(zip, GOOD);
        byte[] whole = Files.readAllBytes(zip);
        Files.write(zip, Arrays.copyOf(whole, whole.length / 2));
        refused("speech_commands.zip", "no zip file or damaged");
        // One sample of a recording that is stored as it is: only its checksum tells.
        writeZip(zip, GOOD);
        byte[] spoiled = Files.readAllBytes(zip);
        spoiled[spoiled.length / 2] ^= 0x55;
        Files.write(zip, spoiled);
        refused("speech_commands.zip", ".wav: its checksum is not the archive's", "again");
        // Data that do not unpack.
        writeZip(zip, GOOD, ZipEntry.DEFLATED);
        spoiled = Files.readAllBytes(zip);
        Arrays.fill(spoiled, 60, 90, (byte) 0x55);
        Files.write(zip, spoiled);
        refused("speech_commands.zip/yes/", "again");
    }

    @Test
    void whatIsMissingOrAmbiguousIsNamed() throws IOException {
        assertThatExceptionOfType(MissingDataException.class)
                .isThrownBy(() -> SpeechCommands.load(folder))
                .withMessageContaining(folder.resolve("speech-commands").toString())
                .withMessageContaining("speech_commands_v0.02.tar.gz");
        writeZip(folder.resolve("speech_commands_a.zip"), GOOD);
        writeZip(folder.resolve("speech_commands_b.zip"), GOOD);
        refused("several zip files");
    }

    // ---- real recordings
    // ---------------------------------------------------------------------------------------------

    @Test
    void theSharedRecordingsAreThirtySpeakersOfTwelveWords() {
        try (Dataset data =
                SpeechCommands.load(SharedData.folder("speech-commands").getParent())) {
            assertThat(data.classes()).isEqualTo(12);
            assertThat(data.train().count()).isEqualTo(590);
            assertThat(data.test().count()).isEqualTo(42);
            assertThat(data.naturalClients()).hasSize(28);
            assertThat(data.extent())
                    .isEqualTo("12 words, 28 speakers for training, 2 for testing, who are the validation speakers");
            long below = 0;
            long above = 0;
            for (int sample = 0; sample < data.train().count(); sample++) {
                for (int i = 0; i < data.one().features(); i++) {
                    int pixel = data.train().pixel(sample, i);
                    below += pixel == 0 ? 1 : 0;
                    above += pixel == 255 ? 1 : 0;
                }
            }
            assertThat(below).isLessThan(590L * 3920 / 10_000);
            assertThat(above).isZero();
        }
    }

    // ---- helpers
    // -----------------------------------------------------------------------------------------------------

    private void refused(String... parts) {
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> SpeechCommands.load(folder))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    private static short[] tone(int hertz, int count) {
        short[] samples = new short[count];
        for (int i = 0; i < count; i++) {
            samples[i] = (short) Math.round(9000 * Math.sin(2 * Math.PI * hertz * i / 16_000));
        }
        return samples;
    }

    private static byte[] wav(short[] samples) {
        ByteBuffer file = ByteBuffer.allocate(44 + 2 * samples.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + 2 * samples.length);
        file.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII))
                .putInt(16)
                .putShort((short) 1)
                .putShort((short) 1);
        file.putInt(16_000).putInt(32_000).putShort((short) 2).putShort((short) 16);
        file.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(2 * samples.length);
        file.asShortBuffer().put(samples);
        return file.array();
    }

    private static void writeFolders(Path root, Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue());
        }
    }

    private static void writeZip(Path zip, Map<String, byte[]> files) throws IOException {
        writeZip(zip, files, ZipEntry.STORED);
    }

    private static void writeZip(Path zip, Map<String, byte[]> files, int method) throws IOException {
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream entries = new ZipOutputStream(out)) {
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
    }
}
