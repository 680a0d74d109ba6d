package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.data.FileReason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Models as bytes without any loss, as checkpoints have them. */
public final class ModelBytes {

    private ModelBytes() {}

    /** A model as bytes. */
    public static byte[] encode(ModelState model) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            CheckpointFile.write(out, model);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The model that bytes are of. */
    public static ModelState decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return CheckpointFile.readModel(in);
        } catch (IOException e) {
            throw new UncheckedIOException("A model cannot be read: " + FileReason.of(e), e);
        }
    }
}
