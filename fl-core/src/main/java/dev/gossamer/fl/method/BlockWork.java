package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.data.FileReason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What is done with a block of clients where they run: each works, and their updates are folded into one. A value that travels,
 * as {@link ClientWork} does.
 *
 * <p>Sums of doubles depend on their order, so a cohort of more than {@link #CLIENTS} is summed in blocks of so many clients,
 * each from zero, and the sums of the blocks are added in order: here or elsewhere, the bits are the same.
 */
public final class BlockWork implements Serializable {

    private static final long serialVersionUID = 1;

    /** Clients of a block; the last one of a cohort may have fewer. */
    public static final int CLIENTS = 32;

    private static final DecodeOptions ANYTHING = new DecodeOptions(false, Long.MAX_VALUE);

    private final String method;
    private final int round;
    private final ClientWork work;
    private final Fold.Kind kind;

    BlockWork(String method, int round, ClientWork work, Fold.Kind kind) {
        this.method = method;
        this.round = round;
        this.work = work;
        this.kind = kind;
    }

    /** What each client does. */
    public ClientWork work() {
        return work;
    }

    /**
     * A block that nobody has answered for yet.
     *
     * @param message the encoded model that the clients get
     */
    public Block open(byte[] message) {
        ModelState model = WireCodec.decode(message, ANYTHING).model();
        return new Block(new Intake(method, round, model, model), kind.of(model));
    }

    /** A block at work. */
    public static final class Block {

        private final Intake intake;
        private final Fold fold;
        private final List<Intake.Taken> taken = new ArrayList<>();

        private Block(Intake intake, Fold fold) {
            this.intake = intake;
            this.fold = fold;
        }

        /** Takes the next client's answer, in the cohort's order. */
        public void take(ClientUpdate update) {
            taken.add(intake.read(update).into(fold));
        }

        /** All that the server needs of it: a few numbers for each client, and the fold. */
        public byte[] encoded() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                out.writeInt(taken.size());
                for (Intake.Taken each : taken) {
                    each.write(out);
                }
                fold.write(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bytes.toByteArray();
        }
    }

    /**
     * Reads a block.
     *
     * @param empty becomes the block's fold
     * @return what was taken of each client
     */
    static List<Intake.Taken> read(byte[] encoded, Fold empty) {
        List<Intake.Taken> taken = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(encoded))) {
            for (int left = in.readInt(); left > 0; left--) {
                taken.add(Intake.Taken.read(in));
            }
            empty.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException("A block of clients cannot be read: " + FileReason.of(e), e);
        }
        return taken;
    }
}
