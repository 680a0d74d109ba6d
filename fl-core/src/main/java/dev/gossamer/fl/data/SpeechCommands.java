package dev.gossamer.fl.data;

import dev.gossamer.engine.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Speech Commands: single words of about a second by many speakers, each speaker a client. Warden, "Speech Commands: a dataset
 * for limited-vocabulary speech recognition", 2018.
 *
 * <p>An utterance becomes a grey image of 40 x 98 pixels, see {@link LogMel}. Each word is a class; they are numbered in
 * alphabetical order. Speakers are dealt to training (80 %), validation and testing (10 % each) by the data set's published
 * rule, a hash of the speaker's name, so that nobody is in two of them; validation speakers are left out. A small part of
 * the data set may have no speaker for testing: the validation speakers are for testing then. {@link Dataset#extent} says so.
 */
public final class SpeechCommands {

    /** The name on the command line, and of the sub-folder. */
    public static final String NAME = "speech-commands";

    private static final int MOST_CLASSES = 256;

    private SpeechCommands() {}

    /**
     * Loads {@code <word>/<speaker>_nohash_<k>.wav}, PCM of 16 bits, 16 kHz and one channel, from word folders or from a file
     * {@code *speech*commands*.zip}, in a folder or in its sub-folder {@code speech-commands} or
     * {@code speech_commands_v0.02}. Utterances are padded or cut to one second.
     *
     * @throws DataException naming what is missing, or the file that is damaged or of another kind
     */
    public static Dataset load(Path folder) {
        Arena arena = Arena.ofShared();
        try (Utterances source = Utterances.open(folder)) {
            Plan plan = plan(source);
            Split train = read(plan.train(), plan.words(), source, arena);
            Split test = read(plan.test(), plan.words(), source, arena);
            return new Dataset(
                    NAME,
                    train,
                    test,
                    plan.words().size(),
                    Normalisation.TRAIN.transform(train),
                    arena,
                    plan.clients(),
                    plan.extent());
        } catch (RuntimeException | OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Counts what {@link #load} would read, without reading it.
     *
     * @throws DataException naming what is missing
     */
    public static Survey survey(Path folder) {
        try (Utterances source = Utterances.open(folder)) {
            Plan plan = plan(source);
            return new Survey(
                    plan.train().size(),
                    plan.test().size(),
                    plan.words().size(),
                    plan.clients().size(),
                    plan.extent());
        }
    }

    /** Which utterances are for what. */
    private record Plan(
            List<String> words,
            List<Utterances.Utterance> train,
            List<Utterances.Utterance> test,
            List<int[]> clients,
            String extent) {}

    private static Plan plan(Utterances source) {
        List<String> words = List.copyOf(new TreeSet<>(
                source.all().stream().map(Utterances.Utterance::word).toList()));
        if (words.size() > MOST_CLASSES) {
            throw new DataException(source + ": " + words.size() + " words, but there can be at most " + MOST_CLASSES);
        }
        List<Utterances.Utterance> train = of(source, Part.TRAINING);
        List<Utterances.Utterance> validation = of(source, Part.VALIDATION);
        List<Utterances.Utterance> testing = of(source, Part.TESTING);
        List<Utterances.Utterance> test = testing.isEmpty() ? validation : testing;
        if (train.isEmpty() || test.isEmpty()) {
            throw new DataException(source + ": by the data set's rule none of its speakers is for "
                    + (train.isEmpty() ? "training" : "testing or validation") + ". Take more of the data set");
        }
        String extent = words.size() + " words, " + speakers(train) + " speakers for training, " + speakers(test)
                + (testing.isEmpty()
                        ? " for testing, who are the validation speakers"
                        : " for testing; the " + speakers(validation) + " for validation are left out");
        return new Plan(words, train, test, clients(train), extent);
    }

    private static List<Utterances.Utterance> of(Utterances source, Part part) {
        Predicate<Utterances.Utterance> inPart = utterance -> Part.of(utterance.speaker()) == part;
        return source.all().stream().filter(inPart).toList();
    }

    private static int speakers(List<Utterances.Utterance> utterances) {
        return (int) utterances.stream()
                .map(Utterances.Utterance::speaker)
                .distinct()
                .count();
    }

    /** Speakers in alphabetical order. */
    private static List<int[]> clients(List<Utterances.Utterance> train) {
        Map<String, List<Integer>> bySpeaker = new TreeMap<>();
        for (int i = 0; i < train.size(); i++) {
            bySpeaker
                    .computeIfAbsent(train.get(i).speaker(), speaker -> new ArrayList<>())
                    .add(i);
        }
        return bySpeaker.values().stream()
                .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }

    private static Split read(
            List<Utterances.Utterance> utterances, List<String> words, Utterances source, Arena arena) {
        Shape one = new Shape(1, LogMel.BANDS, LogMel.FRAMES, 1);
        MemorySegment images = arena.allocate((long) utterances.size() * one.features(), 64);
        MemorySegment labels = arena.allocate(utterances.size(), 64);
        // A hundred thousand utterances take a core three minutes.
        IntStream.range(0, utterances.size()).parallel().forEach(i -> {
            Utterances.Utterance utterance = utterances.get(i);
            byte[] image = LogMel.bytes(Wav.samples(source.read(utterance), source.describe(utterance)));
            MemorySegment.copy(image, 0, images, ValueLayout.JAVA_BYTE, (long) i * image.length, image.length);
            labels.set(ValueLayout.JAVA_BYTE, i, (byte) words.indexOf(utterance.word()));
        });
        return new Split(images, labels, one, utterances.size());
    }

    /** What a speaker is for. */
    enum Part {
        TRAINING,
        VALIDATION,
        TESTING;

        private static final BigInteger MODULUS = BigInteger.valueOf(1L << 27);

        /** The published rule: SHA-1 of the name modulo 2^27 as a percentage; below 10 validation, below 20 testing. */
        static Part of(String speaker) {
            BigInteger hash = new BigInteger(1, sha1(speaker));
            double percentage = hash.mod(MODULUS).intValue() * (100.0 / ((1 << 27) - 1));
            return percentage < 10 ? VALIDATION : percentage < 20 ? TESTING : TRAINING;
        }

        private static byte[] sha1(String text) {
            try {
                return MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-1", e);
            }
        }
    }
}
