package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;

/**
 * What a client gives back.
 *
 * @param payload what is encoded and sent
 * @param report of the training behind it
 * @param exact whether the payload travels as float32 even where uploads are rounded: it has numbers of another range than
 *     parameters, as squared gradients
 */
public record Reply(ModelState payload, TrainingReport report, boolean exact) {

    /** A payload that may be rounded. */
    public Reply(ModelState payload, TrainingReport report) {
        this(payload, report, false);
    }
}
