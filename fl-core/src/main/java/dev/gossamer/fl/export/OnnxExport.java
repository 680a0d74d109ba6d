package dev.gossamer.fl.export;

import dev.gossamer.fl.proto.ProtoMessage;
import dev.gossamer.fl.run.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The ONNX form: a graph from the input {@code input}, f32 {@code [batch, channels, height, width]} with any batch, to
 * {@code logits}, f32 {@code [batch, classes]}, as inference computes it: batch normalisations with their running statistics,
 * without dropout. Weights are stored whole, zeros included, under the names of the PyTorch module.
 *
 * <p>The input is what the network was trained on: bytes of images times a scale plus a shift, which the metadata tell. The bytes
 * of the file depend on the model and the metadata alone.
 *
 * <p>Source: "Open Neural Network Exchange", {@code onnx.proto}; operators of set 13, files of version 7, which ONNX Runtime 1.6
 * and whatever is newer read.
 */
public final class OnnxExport {

    private static final int IR_VERSION = 7;
    private static final int OPERATOR_SET = 13;

    /** A message of protocol buffers has less than 2 GiB, and so has its file. */
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    private OnnxExport() {}

    /**
     * Creates or replaces a file, completely or not at all.
     *
     * @throws IllegalArgumentException if the model does not fit a file of this form
     */
    public static void write(Path file, PortableModel model) throws IOException {
        ProtoMessage message = message(model);
        AtomicFile.write(file, message::writeTo);
    }

    /** What the file would hold. */
    public static byte[] encode(PortableModel model) {
        ProtoMessage message = message(model);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) message.sizeBytes());
        try {
            message.writeTo(Channels.newChannel(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written", e);
        }
        return bytes.toByteArray();
    }

    /** A {@code ModelProto}. */
    private static ProtoMessage message(PortableModel model) {
        ProtoMessage message = new ProtoMessage()
                .varint(1, IR_VERSION)
                .text(2, "gossamer")
                .message(7, OnnxGraph.of(model))
                .message(8, new ProtoMessage().text(1, "").varint(2, OPERATOR_SET));
        for (Map.Entry<String, String> entry : new TreeMap<>(model.metadata()).entrySet()) {
            message.message(14, new ProtoMessage().text(1, entry.getKey()).text(2, entry.getValue()));
        }
        if (message.sizeBytes() > MOST_BYTES) {
            throw new IllegalArgumentException("Model '" + model.spec().name() + "' takes " + message.sizeBytes()
                    + " bytes, but a file of ONNX has at most " + MOST_BYTES + "; export it as safetensors");
        }
        return message;
    }
}
