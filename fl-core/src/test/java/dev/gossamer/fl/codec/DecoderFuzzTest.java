package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Damaged and forged messages: a decoder throws {@link CodecException}, or returns what encodes to the same bytes again; it
 * does so at once, and without taking more memory than the model that it expects. Most have their checksum repaired, so that
 * they get to the parser.
 *
 * <p>{@code -Dgossamer.fuzz.messages=1000000} for as many, {@code -Dgossamer.fuzz.seed} for others.
 */
class DecoderFuzzTest {

    private static final int MESSAGES = Integer.getInteger("gossamer.fuzz.messages", 10_000);
    private static final long SEED = Long.getLong("gossamer.fuzz.seed", 1);
    private static final long MAX_ALLOCATION = 4 << 20;
    private static final long MAX_NANOS = 10_000_000_000L;
    private static final int[] EXTREMES = {
        0,
        1,
        2,
        7,
        8,
        30,
        31,
        32,
        63,
        64,
        127,
        128,
        255,
        256,
        0x7FFF,
        0xFFFF,
        0x10000,
        1 << 28,
        1 << 30,
        Integer.MAX_VALUE - 8,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        -1,
        -2
    };
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final ModelState reference = model(0);
    private final List<byte[]> messages = messages();

    /** Of each kind of mask one tensor, and a dense one. */
    private static ModelState model(int changes) {
        TensorState rice = Messages.sparse("fc.weight", new int[] {20, 30}, 0.1, 1);
        TensorState clumped = Messages.at("b", new int[] {2, 40}, 3, 9, 41);
        float[] values = rice.values().clone();
        Arrays.fill(values, 0, changes, 7);
        return new ModelState(List.of(
                rice.with(rice.pattern(), values),
                Messages.sparse("conv.weight", new int[] {8, 3, 3, 3}, 0.5, 2),
                Messages.sparse("almost", new int[] {30, 30}, 0.97, 3),
                clumped,
                Messages.sparse("most", new int[] {200}, 0.9, 4),
                Messages.sparse("all", new int[] {7, 3}, 1, 4),
                Messages.dense("bias", new int[] {12}, 5),
                Messages.dense("s", new int[] {}, 6)));
    }

    private List<byte[]> messages() {
        List<byte[]> all = new ArrayList<>(List.of(Messages.smallMessage()));
        for (ValueType type : ValueType.values()) {
            SparseUpdate whole = new SparseUpdate(4, 2, 100, "fedavg", model(3));
            all.add(WireCodec.encodeRounded(whole, type, null).message());
            all.add(WireCodec.encodeRounded(whole, type, reference).message());
            // Two elements fewer in the first tensor: the difference is sent.
            List<TensorState> tensors = new ArrayList<>(whole.model().tensors());
            TensorState first = tensors.getFirst();
            assertThat(first.pattern()).isNotNull();
            long[] kept = new long[(int) (first.nnz() + 63) / 64];
            for (int i = 2; i < first.nnz(); i++) {
                kept[i >> 6] |= 1L << i;
            }
            tensors.set(0, first.with(first.pattern().retain(kept), Arrays.copyOfRange(first.values(), 2, (int)
                    first.nnz())));
            SparseUpdate changed = new SparseUpdate(4, 2, 100, "fedavg", new ModelState(tensors));
            all.add(WireCodec.encodeRounded(changed, type, reference).message());
        }
        return all;
    }

    @Test
    void everyKindOfMaskIsAmongTheMessages() {
        Set<MaskKind> kinds = EnumSet.noneOf(MaskKind.class);
        for (byte[] message : messages) {
            boolean relative = Messages.isRelative(message);
            for (TensorState tensor : WireCodec.decode(message, DecodeOptions.DEFAULT, reference)
                    .model()
                    .tensors()) {
                SparsityPattern base =
                        relative ? reference.tensor(tensor.name()).pattern() : null;
                kinds.add(MaskPlan.of(tensor.pattern(), base).kind());
            }
        }
        assertThat(kinds).containsExactlyInAnyOrder(MaskKind.values());
    }

    @Test
    void damagedAndForgedMessagesAreRefusedOrCanonical() {
        int accepted = 0;
        for (int i = 0; i < MESSAGES; i++) {
            byte[] forged = mutated();
            long allocated = THREADS.getCurrentThreadAllocatedBytes();
            long start = System.nanoTime();
            boolean good = outcome(forged);
            long nanos = System.nanoTime() - start;
            allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
            if (nanos > MAX_NANOS || allocated > MAX_ALLOCATION) {
                throw failure(i, forged, allocated + " bytes allocated, " + nanos + " ns", null);
            }
            accepted += good ? 1 : 0;
        }
        // Values may be any, so that some forgeries are messages; most are not.
        assertThat(accepted).isBetween(MESSAGES / 100, MESSAGES / 2);
    }

    /** Whether the message is accepted. */
    private boolean outcome(byte[] message) {
        boolean strict = random.nextInt(4) == 0;
        ModelState known = random.nextInt(8) == 0 ? null : reference;
        DecodeOptions options =
                new DecodeOptions(strict, DecodeOptions.forModel(reference).maxElements());
        try {
            SparseUpdate update = WireCodec.decode(message, options, known);
            if (!Arrays.equals(Messages.again(message, update, known), message)) {
                throw failure(-1, message, "accepted, but not canonical", null);
            }
            return true;
        } catch (CodecException e) {
            assertThat(e.getMessage()).isNotBlank();
            return false;
        } catch (RuntimeException | Error e) {
            throw failure(-1, message, "escaped", e);
        }
    }

    private static AssertionError failure(int index, byte[] message, String what, @Nullable Throwable cause) {
        return new AssertionError(
                "Seed " + SEED + ", message " + index + " " + HexFormat.of().formatHex(message) + ": " + what, cause);
    }

    // ---- mutations
    // ---------------------------------------------------------------------------------------------------

    private byte[] mutated() {
        byte[] message = pick().clone();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            message = mutate(message);
        }
        if (message.length >= Messages.HEADER_BYTES + 4 && random.nextInt(20) != 0) {
            if (random.nextInt(20) != 0) {
                System.arraycopy(messages.getFirst(), 0, message, 0, 8);
            }
            Messages.seal(message);
        }
        return message;
    }

    private byte[] pick() {
        return messages.get(random.nextInt(messages.size()));
    }

    private byte[] mutate(byte[] message) {
        if (message.length < 8) {
            return pick().clone();
        }
        int at = random.nextInt(message.length);
        switch (random.nextInt(9)) {
            case 0, 1 -> message[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> message[at] = (byte) random.nextInt(256);
            case 3 -> message[at] = (byte) extreme();
            case 4 ->
                ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).putInt(at % (message.length - 3), extreme());
            case 5 ->
                ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).putShort(at % (message.length - 1), (short)
                        extreme());
            case 6 -> {
                return random.nextInt(8) == 0 ? Arrays.copyOf(message, at) : without(message, at, random.nextInt(1, 9));
            }
            case 7 -> {
                byte[] more = new byte[random.nextInt(1, 20)];
                random.nextBytes(more);
                return joined(message, at, more, message, at);
            }
            default -> {
                byte[] other = pick();
                return joined(message, at, new byte[0], other, random.nextInt(other.length));
            }
        }
        return message;
    }

    private int extreme() {
        return EXTREMES[random.nextInt(EXTREMES.length)];
    }

    private static byte[] without(byte[] message, int at, int count) {
        return joined(message, at, new byte[0], message, Math.min(at + count, message.length));
    }

    /** The start of one message, bytes between, and the end of another. */
    private static byte[] joined(byte[] head, int to, byte[] between, byte[] tail, int from) {
        byte[] all = new byte[to + between.length + tail.length - from];
        System.arraycopy(head, 0, all, 0, to);
        System.arraycopy(between, 0, all, to, between.length);
        System.arraycopy(tail, from, all, to + between.length, tail.length - from);
        return all;
    }

    // ---- forms of comparison
    // -----------------------------------------------------------------------------------------

    @Test
    void damagedFormsOfComparisonAreRefusedOrTheSameAgain() {
        int[] shape = {20, 30};
        TensorState tensor = Messages.sparse("w", shape, 0.1, 1);
        ComparisonForm[] forms = {ComparisonForm.CSR, ComparisonForm.COO_INT64, ComparisonForm.FLAT_COO_INT64};
        for (int i = 0; i < MESSAGES; i++) {
            ComparisonForm form = forms[i % forms.length];
            byte[] forged = mutate(form.encode(tensor));
            try {
                TensorState back = form.decode(forged, "w", shape);
                assertThat(form.encode(back)).isEqualTo(forged);
            } catch (CodecException e) {
                assertThat(e.getMessage()).contains("'w'");
            }
        }
    }
}
