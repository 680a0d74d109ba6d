package dev.gossamer.spark;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.TrainingReport;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.run.ClientHost;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a task says, as bytes: a byte for its kind, then big-endian numbers; arrays, and text in UTF-8, after their
 * length in bytes.
 *
 * <p>An executor that cannot take part says so as its answer and does not fail: Spark would try its task again, perhaps
 * elsewhere, and whether a run succeeds would be a matter of luck.
 */
sealed interface Outcome {

    /** A client's answer. */
    record Answered(ClientHost.Answer answer) implements Outcome {

        @Override
        public String text() {
            return "client " + answer.update().client();
        }
    }

    /** What a client remembers. */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    record Memory(int client, byte[] bytes) {}

    /**
     * The answers of a block of clients, folded.
     *
     * @param block see {@link dev.gossamer.fl.method.BlockWork.Block#encoded}
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    record Folded(byte[] block, List<Memory> memories) implements Outcome {

        @Override
        public String text() {
            return "a block of " + memories.size() + " clients";
        }
    }

    /** A model's test, batch by batch. */
    record Tested(List<Evaluation> batches) implements Outcome {

        @Override
        public String text() {
            return batches.size() + " batches";
        }
    }

    /** An executor that can take part, in words. */
    record Ready(String text) implements Outcome {}

    /** One that cannot, and why. */
    record Unable(String text) implements Outcome {}

    /** For people. */
    String text();

    /** Writes it. */
    static byte[] encode(Outcome outcome) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            switch (outcome) {
                case Answered answered -> {
                    out.writeByte(0);
                    write(out, answered.answer());
                }
                case Tested tested -> {
                    out.writeByte(1);
                    out.writeInt(tested.batches().size());
                    for (Evaluation batch : tested.batches()) {
                        out.writeLong(batch.samples());
                        out.writeDouble(batch.lossSum());
                        out.writeLong(batch.correct());
                    }
                }
                case Folded folded -> {
                    out.writeByte(4);
                    write(out, folded.block());
                    out.writeInt(folded.memories().size());
                    for (Memory memory : folded.memories()) {
                        out.writeInt(memory.client());
                        write(out, memory.bytes());
                    }
                }
                case Ready ready -> {
                    out.writeByte(2);
                    write(out, ready.text().getBytes(UTF_8));
                }
                case Unable unable -> {
                    out.writeByte(3);
                    write(out, unable.text().getBytes(UTF_8));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Reads it. */
    static Outcome decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int kind = in.readByte();
            return switch (kind) {
                case 0 -> new Answered(readAnswer(in));
                case 1 -> {
                    List<Evaluation> batches = new ArrayList<>();
                    for (int left = in.readInt(); left > 0; left--) {
                        batches.add(new Evaluation(in.readLong(), in.readDouble(), in.readLong()));
                    }
                    yield new Tested(batches);
                }
                case 2 -> new Ready(readText(in));
                case 3 -> new Unable(readText(in));
                case 4 -> {
                    byte[] block = in.readNBytes(in.readInt());
                    List<Memory> memories = new ArrayList<>();
                    for (int left = in.readInt(); left > 0; left--) {
                        memories.add(new Memory(in.readInt(), in.readNBytes(in.readInt())));
                    }
                    yield new Folded(block, memories);
                }
                default -> throw new IOException("there is no kind " + kind);
            };
        } catch (IOException e) {
            throw new UncheckedIOException("What a task says cannot be read: " + FileReason.of(e), e);
        }
    }

    private static void write(DataOutputStream out, ClientHost.Answer answer) throws IOException {
        ClientUpdate update = answer.update();
        out.writeInt(update.client());
        out.writeBoolean(update.failure() != null);
        if (update.failure() != null) {
            write(out, update.failure().getBytes(UTF_8));
        }
        TrainingReport report = update.report();
        out.writeDouble(report.loss());
        out.writeDouble(report.pruneError());
        out.writeDouble(report.flops());
        out.writeDouble(report.denseFlops());
        out.writeLong(report.savedBytes());
        out.writeLong(update.decodeNanos());
        out.writeLong(update.workNanos());
        out.writeLong(update.encodeNanos());
        write(out, update.message());
        write(out, answer.memory());
    }

    private static ClientHost.Answer readAnswer(DataInputStream in) throws IOException {
        int client = in.readInt();
        String failure = in.readBoolean() ? readText(in) : null;
        TrainingReport report =
                new TrainingReport(in.readDouble(), in.readDouble(), in.readDouble(), in.readDouble(), in.readLong());
        long decodeNanos = in.readLong();
        long workNanos = in.readLong();
        long encodeNanos = in.readLong();
        byte[] message = in.readNBytes(in.readInt());
        byte[] memory = in.readNBytes(in.readInt());
        return new ClientHost.Answer(
                new ClientUpdate(client, message, report, decodeNanos, workNanos, encodeNanos, failure), memory);
    }

    private static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), UTF_8);
    }

    private static void write(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
