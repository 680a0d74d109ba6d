package dev.gossamer.fl.codec;

/**
 * A message whose values were rounded, and what rounding took away.
 *
 * @param message as {@link WireCodec#encode} makes it
 * @param residual names, shapes and patterns of the update; each value is that of the update less the one that the message
 *     has, exactly: in f32, {@code sent + residual} is the value before rounding
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record RoundedMessage(byte[] message, ModelState residual) {

    static RoundedMessage of(SparseUpdate update, ValueType type, byte[] message) {
        return new RoundedMessage(
                message,
                new ModelState(update.model().tensors().stream()
                        .map(tensor -> tensor.with(tensor.pattern(), residual(tensor.values(), type)))
                        .toList()));
    }

    /**
     * No rounding happens in the difference: it is a multiple of the value's last place and at most half of the type's, so
     * that it has no more significant bits than f32.
     */
    private static float[] residual(float[] values, ValueType type) {
        float[] residual = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            residual[i] = values[i] - type.nearest(values[i]);
        }
        return residual;
    }
}
