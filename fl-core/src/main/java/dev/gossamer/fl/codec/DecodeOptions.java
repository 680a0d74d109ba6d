package dev.gossamer.fl.codec;

/**
 * What a receiver accepts.
 *
 * @param refuseNonFinite refuse NaN and infinite values, naming tensor and index
 * @param maxElements refuse a message whose tensors have more elements or rows than this together, before memory is
 *     allocated for them
 */
public record DecodeOptions(boolean refuseNonFinite, long maxElements) {

    /** Finite values only, up to 2^28 elements (a model of 1 GiB). */
    public static final DecodeOptions DEFAULT = new DecodeOptions(true, 1L << 28);

    public DecodeOptions {
        if (maxElements < 0) {
            throw new IllegalArgumentException("maxElements is " + maxElements + ", but must be 0 or more");
        }
    }

    /** For a receiver that knows the model: finite values only, no more elements than the model has (and one for each
     * tensor, as one without elements still has a row). */
    public static DecodeOptions forModel(ModelState model) {
        return new DecodeOptions(true, model.size() + model.tensors().size());
    }

    /** As {@link #forModel}, for messages that hold up to so many tensors of each of the model's sizes. */
    public static DecodeOptions forCopies(ModelState model, int copies) {
        return new DecodeOptions(true, Math.multiplyExact(copies, forModel(model).maxElements));
    }
}
