package dev.gossamer.fl.data;

import static dev.gossamer.fl.data.DataFile.AGAIN;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The recordings of Speech Commands, {@code <word>/<speaker>_nohash_<k>.wav}, in folders or in a zip file. Safe to read from
 * many threads.
 */
abstract sealed class Utterances implements AutoCloseable {

    private static final Pattern NAME = Pattern.compile("(?:.*/)?([^/]+)/([^/]+)_nohash_\\d+\\.wav");
    /** Recordings that are no words; the data set has them in folders whose names start so. */
    private static final String NO_WORD = "_";
    /** An utterance has 32 kB. */
    private static final int MOST_BYTES = 1 << 20;

    private final Path place;
    private final List<Utterance> all;

    private Utterances(Path place, Stream<String> paths) {
        this.place = place;
        this.all = paths.filter(path -> path.endsWith(".wav") && !isNoWord(path))
                .sorted()
                .map(path -> parse(place, path))
                .toList();
    }

    /**
     * A recording.
     *
     * @param path within the folder or the zip file
     */
    record Utterance(String path, String word, String speaker) {}

    /** Looks for recordings where {@link SpeechCommands#load} says; the caller closes them. */
    static Utterances open(Path folder) {
        List<Path> places = List.of(
                folder.resolve(SpeechCommands.NAME),
                folder.resolve("speech_commands_v0.02"),
                folder.resolve("speech_commands_v0.01"),
                folder);
        for (Path place : places) {
            Utterances found = inPlace(place);
            if (found != null) {
                return found;
            }
        }
        throw new MissingDataException("Data set " + SpeechCommands.NAME
                + ": found neither <word>/<speaker>_nohash_<k>.wav nor a file *speech*commands*.zip in\n    "
                + String.join("\n    ", places.stream().map(Path::toString).toList())
                + "\nRun  gossamer data fetch " + SpeechCommands.NAME + " --data " + folder
                + ", or get it from https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz,"
                + " unpack it into " + folder.resolve(SpeechCommands.NAME)
                + ", or point --data at the folder that has it. --dataset strokes needs no files");
    }

    private static @Nullable Utterances inPlace(Path place) {
        if (!Files.isDirectory(place)) {
            return null;
        }
        try {
            List<String> paths = new ArrayList<>();
            for (Path word : list(place, "*")) {
                if (Files.isDirectory(word)) {
                    list(word, "*.wav").forEach(file -> paths.add(word.getFileName() + "/" + file.getFileName()));
                }
            }
            if (paths.stream().anyMatch(path -> NAME.matcher(path).matches())) {
                return new InFolder(place, paths);
            }
            List<Path> zips = list(place, "*speech*commands*.zip");
            if (zips.size() > 1) {
                throw new DataException("Data set " + SpeechCommands.NAME + ": several zip files in " + place
                        + "; leave the one that is meant");
            }
            return zips.isEmpty() ? null : InZip.open(zips.getFirst());
        } catch (IOException e) {
            throw new DataException(place + ": cannot be read (" + FileReason.of(e) + ")", e);
        }
    }

    private static List<Path> list(Path folder, String glob) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
            entries.forEach(found::add);
        }
        return found;
    }

    private static boolean isNoWord(String path) {
        return path.startsWith(NO_WORD) || path.contains("/" + NO_WORD);
    }

    private static Utterance parse(Path place, String path) {
        Matcher name = NAME.matcher(path);
        if (!name.matches()) {
            throw new DataException(
                    place + ": " + path + " is not named <word>/<speaker>_nohash_<k>.wav, so that its word"
                            + " and speaker are unknown. Rename it, or take it away");
        }
        return new Utterance(path, name.group(1), name.group(2));
    }

    /** In the order of their paths. */
    List<Utterance> all() {
        return all;
    }

    /** The content of a recording's file. */
    abstract byte[] read(Utterance utterance);

    /** Where a recording is, for errors: text, because the name of an archive's entry may be no path here. */
    String describe(Utterance utterance) {
        return place + place.getFileSystem().getSeparator() + utterance.path();
    }

    @Override
    public String toString() {
        return place.toString();
    }

    @Override
    public abstract void close();

    byte[] limited(InputStream in, Utterance utterance) throws IOException {
        byte[] content = in.readNBytes(MOST_BYTES + 1);
        if (content.length > MOST_BYTES) {
            throw new DataException(describe(utterance) + ": has more than " + MOST_BYTES
                    + " bytes, which is no word of a second" + AGAIN);
        }
        return content;
    }

    DataException unreadable(Utterance utterance, IOException e) {
        return new DataException(describe(utterance) + ": cannot be read (" + FileReason.of(e) + ")" + AGAIN, e);
    }

    private static final class InFolder extends Utterances {

        private final Path folder;

        InFolder(Path folder, List<String> paths) {
            super(folder, paths.stream());
            this.folder = folder;
        }

        @Override
        byte[] read(Utterance utterance) {
            try (InputStream in = Files.newInputStream(folder.resolve(utterance.path()))) {
                return limited(in, utterance);
            } catch (IOException e) {
                throw unreadable(utterance, e);
            }
        }

        @Override
        public void close() {
            // Files are open only while they are read.
        }
    }

    private static final class InZip extends Utterances {

        private final ZipFile zip;

        private InZip(Path file, ZipFile zip) {
            super(
                    file,
                    zip.stream().filter(entry -> !entry.isDirectory()).map(entry -> checked(file, entry.getName())));
            this.zip = zip;
        }

        static InZip open(Path file) {
            ZipFile zip;
            try {
                zip = new ZipFile(file.toFile());
            } catch (IOException e) {
                throw new DataException(file + ": is no zip file or damaged (" + FileReason.of(e) + ")" + AGAIN, e);
            }
            try {
                return new InZip(file, zip);
            } catch (RuntimeException e) {
                closeQuietly(zip, file);
                throw e;
            }
        }

        /** Nothing is unpacked, but a file with such entries was made to do harm, and is not to be trusted in anything. */
        private static String checked(Path file, String name) {
            boolean escapes = name.startsWith("/")
                    || name.contains("\\")
                    || name.contains(":")
                    || Stream.of(name.split("/", -1)).anyMatch(".."::equals);
            if (escapes) {
                throw new DataException(
                        file + ": its entry '" + name + "' leads out of the archive; nothing of it is used" + AGAIN);
            }
            return name;
        }

        @Override
        byte[] read(Utterance utterance) {
            ZipEntry entry = Optional.ofNullable(zip.getEntry(utterance.path())).orElseThrow();
            try (InputStream in = zip.getInputStream(entry)) {
                byte[] content = limited(in, utterance);
                CRC32 crc = new CRC32();
                crc.update(content);
                if (crc.getValue() != entry.getCrc()) {
                    throw new DataException(describe(utterance) + ": its checksum is not the archive's" + AGAIN);
                }
                return content;
            } catch (IOException e) {
                throw unreadable(utterance, e);
            }
        }

        @Override
        public void close() {
            closeQuietly(zip, Path.of(zip.getName()));
        }

        private static void closeQuietly(ZipFile zip, Path file) {
            try {
                zip.close();
            } catch (IOException e) {
                System.getLogger(Utterances.class.getName())
                        .log(System.Logger.Level.DEBUG, () -> file + " cannot be closed", e);
            }
        }
    }
}
