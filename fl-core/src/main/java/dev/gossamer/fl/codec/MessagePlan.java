package dev.gossamer.fl.codec;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A message with everything that its bytes depend on decided, before the first is written; see {@link WireCodec}. */
@SuppressWarnings("ArrayRecordComponent") // lives as long as one call of encode
record MessagePlan(
        SparseUpdate update,
        byte[] method,
        ValueType type,
        @Nullable Reference reference,
        List<byte[]> names,
        List<MaskPlan> masks,
        List<Optional<ExponentCode>> exponents) {

    static MessagePlan of(SparseUpdate update, ValueType type, @Nullable ModelState referenceModel) {
        List<TensorState> tensors = update.model().tensors();
        List<byte[]> names = new ArrayList<>();
        for (TensorState tensor : tensors) {
            checkSize(tensor);
            names.add(WireCodec.text(tensor.name(), "tensor name"));
        }
        Reference reference = referenceModel == null ? null : new Reference(referenceModel);
        List<MaskPlan> masks = masks(tensors, reference);
        if (reference != null && !Reference.pays(tensors, masks)) {
            reference = null;
            if (masks.stream().anyMatch(mask -> mask.kind().isRelative())) {
                masks = masks(tensors, null);
            }
        }
        List<Optional<ExponentCode>> exponents = tensors.stream()
                .map(tensor -> type == ValueType.F32
                        ? Optional.ofNullable(ExponentCode.of(tensor.values()))
                        : Optional.<ExponentCode>empty())
                .toList();
        return new MessagePlan(
                update, WireCodec.text(update.method(), "method"), type, reference, names, masks, exponents);
    }

    private static void checkSize(TensorState tensor) {
        if (tensor.size() > WireCodec.MAX_ELEMENTS) {
            throw new CodecException("Tensor '" + tensor.name() + "' has " + tensor.size()
                    + " elements, but one in a message can have at most " + WireCodec.MAX_ELEMENTS);
        }
    }

    private static List<MaskPlan> masks(List<TensorState> tensors, @Nullable Reference reference) {
        List<MaskPlan> masks = new ArrayList<>();
        for (TensorState tensor : tensors) {
            masks.add(MaskPlan.of(
                    tensor.pattern(), reference == null ? null : reference.pattern(tensor.name(), tensor.shape())));
        }
        return masks;
    }

    /** Exact length of the message. */
    long sizeBytes() {
        long bytes = WireCodec.HEADER_BYTES + referenceBytes() + textBytes(method) + WireCodec.CHECKSUM_BYTES;
        for (int i = 0; i < names.size(); i++) {
            TensorState tensor = update.model().tensors().get(i);
            long shapeBytes = 1 + (long) Integer.BYTES * tensor.shape().length;
            bytes += textBytes(names.get(i)) + shapeBytes + 1 + masks.get(i).sizeBytes();
            bytes += valueBytes(tensor, exponents.get(i));
        }
        return bytes;
    }

    private long valueBytes(TensorState tensor, Optional<ExponentCode> code) {
        long plain = type.sizeBytes() * tensor.nnz();
        return type == ValueType.F32 ? 1 + code.map(ExponentCode::sizeBytes).orElse(plain) : plain;
    }

    private int referenceBytes() {
        return reference == null ? 0 : Reference.DIGEST_BYTES;
    }

    private static long textBytes(byte[] text) {
        return (long) Short.BYTES + text.length;
    }

    /** Everything but the checksum. */
    void write(ByteBuffer out) {
        out.putInt(WireCodec.MAGIC).putInt(WireCodec.VERSION).putInt(out.capacity());
        out.putInt(update.round())
                .putInt(update.sender())
                .putLong(update.samples())
                .putInt(names.size());
        out.put((byte) type.code()).put((byte) (reference == null ? 0 : 1));
        if (reference != null) {
            out.put(reference.digest());
        }
        putText(out, method);
        for (int i = 0; i < names.size(); i++) {
            writeTensor(i, out);
        }
    }

    private void writeTensor(int index, ByteBuffer out) {
        TensorState tensor = update.model().tensors().get(index);
        MaskPlan mask = masks.get(index);
        int[] shape = tensor.shape();
        putText(out, names.get(index));
        out.put((byte) shape.length);
        for (int dimension : shape) {
            out.putInt(dimension);
        }
        out.put((byte) mask.kind().code());
        if (tensor.pattern() != null) {
            MaskWriter.write(
                    mask, tensor.pattern(), reference == null ? null : reference.pattern(tensor.name(), shape), out);
        }
        Optional<ExponentCode> code = exponents.get(index);
        if (type == ValueType.F32) {
            out.put((byte) (code.isPresent() ? WireCodec.CODED : WireCodec.PLAIN));
        }
        if (code.isPresent()) {
            code.get().write(tensor.values(), out);
        } else {
            type.put(tensor.values(), out, "Tensor " + index + " '" + tensor.name() + "'");
        }
    }

    private static void putText(ByteBuffer out, byte[] text) {
        out.putShort((short) text.length).put(text);
    }
}
