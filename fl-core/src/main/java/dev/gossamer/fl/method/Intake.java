package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.CodecException;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.sparsity.Masking;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decodes and checks what clients send in a round; what can be used is handed on.
 *
 * @param model that was sent to them
 * @param answer a model with the names and shapes of an answer
 */
record Intake(String method, int round, ModelState model, ModelState answer) {

    /**
     * What is left of an update when it has been handed on, or not.
     *
     * @param refusal why it was not; null if it was
     * @param bytes length of its message
     * @param samples behind it; 0 if it was refused
     * @param report of its training; nothing where the client did not answer
     */
    record Taken(
            int client,
            @Nullable String refusal,
            long bytes,
            long samples,
            TrainingReport report,
            double agreement,
            long encodeNanos,
            long decodeNanos,
            long workNanos) {

        void write(DataOutput out) throws IOException {
            out.writeInt(client);
            out.writeBoolean(refusal != null);
            if (refusal != null) {
                byte[] text = refusal.getBytes(StandardCharsets.UTF_8);
                out.writeInt(text.length);
                out.write(text);
            }
            out.writeLong(bytes);
            out.writeLong(samples);
            out.writeDouble(report.loss());
            out.writeDouble(report.pruneError());
            out.writeDouble(report.flops());
            out.writeDouble(report.denseFlops());
            out.writeLong(report.savedBytes());
            out.writeDouble(agreement);
            out.writeLong(encodeNanos);
            out.writeLong(decodeNanos);
            out.writeLong(workNanos);
        }

        static Taken read(DataInput in) throws IOException {
            int client = in.readInt();
            String refusal = null;
            if (in.readBoolean()) {
                byte[] text = new byte[in.readInt()];
                in.readFully(text);
                refusal = new String(text, StandardCharsets.UTF_8);
            }
            long bytes = in.readLong();
            long samples = in.readLong();
            TrainingReport report = new TrainingReport(
                    in.readDouble(), in.readDouble(), in.readDouble(), in.readDouble(), in.readLong());
            return new Taken(
                    client,
                    refusal,
                    bytes,
                    samples,
                    report,
                    in.readDouble(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong());
        }
    }

    /**
     * An update that has been read, but not handed on.
     *
     * @param decoded null if it was refused
     */
    record Reading(Taken taken, @Nullable SparseUpdate decoded) {

        /** Hands the update on if it can be used. */
        Taken into(Consumer<SparseUpdate> fold) {
            if (decoded != null) {
                fold.accept(decoded);
            }
            return taken;
        }
    }

    /** Decodes and checks an update. Any thread may. */
    Reading read(ClientUpdate update) {
        if (update.failure() != null) {
            return new Reading(
                    new Taken(update.client(), update.failure(), 0, 0, TrainingReport.NONE, 0, 0, 0, 0), null);
        }
        long start = System.nanoTime();
        SparseUpdate decoded = null;
        String refusal = null;
        try {
            decoded = WireCodec.decode(update.message(), DecodeOptions.forModel(answer), model);
            check(decoded, update.client());
        } catch (CodecException | IllegalArgumentException e) {
            decoded = null;
            refusal = String.valueOf(e.getMessage());
        }
        long decodeNanos = System.nanoTime() - start + update.decodeNanos();
        Taken taken = new Taken(
                update.client(),
                refusal,
                update.message().length,
                decoded == null ? 0 : decoded.samples(),
                update.report(),
                decoded == null ? 0 : agreement(decoded.model()),
                update.encodeNanos(),
                decodeNanos,
                update.workNanos());
        return new Reading(taken, decoded);
    }

    private double agreement(ModelState sent) {
        List<TensorState> tensors = sent.tensors().subList(0, model.tensors().size());
        return Masking.agreement(model, new ModelState(tensors));
    }

    private void check(SparseUpdate decoded, int client) {
        if (decoded.sender() != client
                || decoded.round() != round
                || !decoded.method().equals(method)) {
            throw new IllegalArgumentException("it says client " + decoded.sender() + ", round " + decoded.round()
                    + ", method " + decoded.method() + "; the method here is " + method);
        }
        if (decoded.samples() < 1) {
            throw new IllegalArgumentException("it was trained on no samples");
        }
        answer.requireSameLayout(decoded.model(), "update");
    }
}
